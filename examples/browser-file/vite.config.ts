import { defineConfig } from 'vite';

export default defineConfig({
  publicDir: '../../engine/models', // an app copies node_modules/diarist/models/embedded-v1 to its own public/
  worker: { format: 'es' },
  // For development: the worker and the .wasm files must stay beside their scripts, and what the worker needs be known.
  optimizeDeps: {
    exclude: ['diarist', 'onnxruntime-web'],
    include: ['fflate', 'mediabunny', 'saxes'].map((name) => `diarist > ${name}`),
  },
});
