// The table of contents, in reading order. What needs a platform is in node/ and browser/.

export * from './core/annotation.ts';
export * from './core/audio.ts';
export * from './core/compareText.ts';
export * from './core/cooccurrence.ts';
export * from './core/crop.ts';
export * from './core/cropAnnotation.ts';
export * from './core/cropFrames.ts';
export * from './core/cropWindow.ts';
export * from './core/discretize.ts';
export * from './core/errors.ts';
export * from './core/frames.ts';
export * from './core/gaps.ts';
export * from './core/labels.ts';
export * from './core/overlap.ts';
export * from './core/pairs.ts';
export * from './core/rename.ts';
export * from './core/segment.ts';
export * from './core/timeline.ts';
export * from './core/turn.ts';
export * from './core/window.ts';
export * from './formats/index.ts';
export * from './model/runtime.ts';
