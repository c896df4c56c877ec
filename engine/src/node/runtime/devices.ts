/** Where networks run. `auto` is CUDA where it has been installed and works, the CPU otherwise. */
export type Device = 'auto' | 'cpu' | 'cuda' | 'coreml' | 'directml' | 'webgpu';

export const DEVICES: readonly Device[] = ['auto', 'cpu', 'cuda', 'coreml', 'directml', 'webgpu'];
