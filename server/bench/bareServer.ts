import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';

/** The framework alone, for comparison: a body is parsed, an object is answered. */
const app = new Hono();
app.post('/v1/diarize', async (c) => c.json({ got: Object.keys(await c.req.json()).length }));
app.get('/v1/jobs/:jobId', (c) => c.json({ jobId: c.req.param('jobId') }));
createAdaptorServer({ fetch: app.fetch }).listen(Number(process.argv[2]), '127.0.0.1', () => process.send?.('ready'));
