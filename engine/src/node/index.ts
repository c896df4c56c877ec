// The `diarist` entry point for Node: everything of the core, and what needs files and threads.
export * from '../index.ts';
export * from './diarizer.ts';
