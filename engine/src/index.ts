// The table of contents, in reading order. What needs a platform is in node/ and browser/.

export * from './core/annotation.ts';
export * from './core/audio.ts';
export * from './core/errors.ts';
export * from './core/frames.ts';
export * from './core/segment.ts';
export * from './core/timeline.ts';
export * from './core/turn.ts';
export * from './core/window.ts';
export * from './model/runtime.ts';
