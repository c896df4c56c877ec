import type { Deps } from '../deps.ts';
import { countRunning, countWaiting } from '../store/jobs.ts';

/** The metrics of this process as Prometheus text, with the two gauges that are the store's read fresh. */
export async function readMetrics({ db, metrics }: Pick<Deps, 'db' | 'metrics'>): Promise<string> {
  metrics.queueDepth.set(await countWaiting(db));
  metrics.inflight.set(await countRunning(db));
  return metrics.registry.metrics();
}
