// The table of contents, in reading order. What needs a platform is in node/ and browser/.

export * from './core/audio.ts';
export * from './core/errors.ts';
export * from './core/index.ts';
export * from './formats/index.ts';
export * from './model/runtime.ts';
