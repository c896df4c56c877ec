import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Prometheus metrics. No label ever holds an id or a name. */
export interface Metrics {
  readonly registry: Registry;
  readonly jobs: Counter<'kind' | 'status'>;
  readonly inflight: Gauge;
  readonly queueDepth: Gauge;
  readonly queueWait: Histogram;
  readonly stageSeconds: Histogram<'stage'>;
  readonly audioSeconds: Counter;
  readonly realTimeFactor: Histogram;
  readonly deliveries: Counter<'outcome'>;
  readonly requests: Counter<'route' | 'code'>;
  readonly requestSeconds: Histogram<'route'>;
}

/** Makes a set of metrics of its own; `processMetrics` adds those of this process. */
export function createMetrics({ processMetrics = false } = {}): Metrics {
  const registry = new Registry();
  if (processMetrics) collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const seconds = [0.1, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600];
  return {
    registry,
    jobs: new Counter({ name: 'diar_jobs_total', help: 'Jobs that ended', labelNames: ['kind', 'status'], registers }),
    inflight: new Gauge({ name: 'diar_jobs_inflight', help: 'Jobs running now', registers }),
    queueDepth: new Gauge({ name: 'diar_queue_depth', help: 'Jobs waiting for a worker', registers }),
    queueWait: new Histogram({
      name: 'diar_queue_wait_seconds',
      help: 'From submit to the first worker',
      buckets: seconds,
      registers,
    }),
    stageSeconds: new Histogram({
      name: 'diar_stage_seconds',
      help: 'Time in a stage of a job',
      labelNames: ['stage'],
      buckets: seconds,
      registers,
    }),
    audioSeconds: new Counter({ name: 'diar_audio_seconds_total', help: 'Audio processed', registers }),
    realTimeFactor: new Histogram({
      name: 'diar_real_time_factor',
      help: 'Processing time over audio time',
      buckets: [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5],
      registers,
    }),
    deliveries: new Counter({
      name: 'diar_webhook_deliveries_total',
      help: 'Webhook attempts',
      labelNames: ['outcome'],
      registers,
    }),
    requests: new Counter({
      name: 'diar_http_requests_total',
      help: 'HTTP answers',
      labelNames: ['route', 'code'],
      registers,
    }),
    requestSeconds: new Histogram({
      name: 'diar_http_request_seconds',
      help: 'HTTP time to answer',
      labelNames: ['route'],
      buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
      registers,
    }),
  };
}
