import { defineConfig } from 'vite';

// The embedded model is served from /embedded-v0/; an app copies node_modules/diarist/models/embedded-v0 to its public/.
export default defineConfig({ publicDir: '../../engine/models' });
