import { readConfig } from '../src/config.ts';
import { startService } from '../src/main.ts';

/** `node serviceProcess.ts serve|work|both ENGINE`: one role of a deployment as a process that can be killed. */
const [role, engine] = process.argv.slice(2);
process.on('disconnect', () => process.exit(0));
await startService(readConfig(process.env), { serve: role !== 'work', work: role !== 'serve', engine });
process.send?.('ready');
