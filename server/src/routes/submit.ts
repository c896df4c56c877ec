import { z } from '@hono/zod-openapi';
import { DiarizeRequest, IdentifyRequest, JobCreated, VoiceprintRequest } from '../contract/jobs.ts';
import type { Deps } from '../deps.ts';
import { assignGiven } from '../jobs/assign.ts';
import { resolveStt } from '../jobs/recogniser.ts';
import { type Submission, submit } from '../jobs/submit.ts';
import { type Api, type Call, operation } from '../operation.ts';
import { invalid, Problem } from '../problem.ts';
import { candidateProblems } from '../voiceprint/candidates.ts';

const IdempotencyKey = z.object({
  'Idempotency-Key': z.string().min(1).max(255).optional().openapi({
    description: 'native addition: the same key and body within 24 h give the same job',
  }),
});

/** POST /v1/diarize, /v1/identify, /v1/voiceprint: check, write the job, answer at once. */
export function submitRoutes(api: Api, deps: Deps): void {
  const shared = {
    method: 'post',
    tag: 'Jobs',
    dialect: 'pyannoteai',
    scopes: ['jobs:write'],
    rate: 'submit',
    headers: IdempotencyKey,
    answers: {
      200: { description: 'the job was accepted', schema: JobCreated },
      400: 'Invalid',
      401: 'Unauthorized',
      403: 'Forbidden',
      409: 'Conflict',
      429: 'TooMany',
      503: 'Busy',
    },
  } as const;

  operation(
    api,
    deps,
    { ...shared, path: '/v1/diarize', operationId: 'diarize', summary: 'Who spoke when', body: DiarizeRequest },
    (call) => {
      const { body } = call;
      const given = { transcript: body.transcript ?? undefined, transcriptFormat: body.transcriptFormat ?? undefined };
      // A transcript that cannot be read is refused now, not when the job has run.
      assignGiven({ turns: [] }, given);
      const wanted = body.transcription && given.transcript === undefined ? wantedWords(body) : undefined;
      const options = { ...speakerOptions(body), ...given, transcription: wanted?.options };
      const notes = wanted?.notes ?? [];
      return answer(call, { kind: 'diarize', dialect: 'pyannoteai', ...common(body), options, notes });
    },
  );

  operation(
    api,
    deps,
    {
      ...shared,
      path: '/v1/voiceprint',
      operationId: 'voiceprint',
      summary: 'Turn a short clip of one speaker into a portable voiceprint',
      body: VoiceprintRequest,
    },
    (call) =>
      answer(call, {
        kind: 'voiceprint',
        dialect: 'pyannoteai',
        ...common(call.body),
        options: { channel: call.body.channel ?? undefined },
      }),
  );

  operation(
    api,
    deps,
    {
      ...shared,
      path: '/v1/identify',
      operationId: 'identify',
      summary: 'Diarize, then name the speakers that match a voiceprint',
      body: IdentifyRequest,
    },
    async (call) => {
      const { body } = call;
      const problems = await candidateProblems(deps, call.caller.tenant, body.voiceprints);
      if (problems.length > 0) throw invalid(...problems);
      const options = {
        ...speakerOptions(body),
        voiceprints: body.voiceprints,
        voiceprintSet: body.voiceprintSet ?? undefined,
        matching: { exclusive: body.matching?.exclusive ?? true, threshold: body.matching?.threshold ?? 0 },
      };
      return answer(call, { kind: 'identify', dialect: 'pyannoteai', ...common(body), options });
    },
  );

  /** What the recogniser is asked for; refused where there is none, or none of that name. */
  function wantedWords({ transcriptionConfig: wanted }: z.output<typeof DiarizeRequest>) {
    const { stt } = deps.config;
    if (!stt) throw transcriptionUnavailable();
    const model = resolveStt(stt, wanted?.model);
    if (!model.known) throw invalid({ field: 'transcriptionConfig.model', message: model.message });
    return {
      options: { language: wanted?.language ?? undefined },
      notes: model.warning === undefined ? [] : [model.warning],
    };
  }

  async function answer(call: Call<unknown, unknown, unknown>, submission: Submission): Promise<Response> {
    const { c } = call;
    const idempotencyKey = c.req.header('idempotency-key');
    if (idempotencyKey !== undefined && (idempotencyKey.length < 1 || idempotencyKey.length > 255))
      throw invalid({ field: 'Idempotency-Key', message: 'must have 1 to 255 characters' });
    const { job, replayed, warning } = await submit(deps, submission, { ...call, idempotencyKey });
    if (replayed) c.header('Idempotent-Replayed', 'true');
    return c.json({ jobId: job.id, status: job.status, ...(warning ? { warning } : {}) });
  }
}

export function transcriptionUnavailable(): Problem {
  const message = 'is unavailable: this server has no speech-to-text backend';
  return new Problem(400, 'transcription_unavailable', 'Invalid request', {
    errors: [{ field: 'transcription', message }],
  });
}

function common(body: z.output<typeof VoiceprintRequest>) {
  // Null equals absent, also where an Idempotency-Key asks whether two bodies are the same.
  return {
    url: body.url,
    model: body.model ?? undefined,
    webhook: body.webhook ?? undefined,
    webhookStatusOnly: body.webhookStatusOnly ?? false,
    metadata: body.metadata ?? undefined,
    retentionHours: body.retentionHours ?? undefined,
    priority: body.priority ?? undefined,
  };
}

function speakerOptions(body: z.output<typeof DiarizeRequest> | z.output<typeof IdentifyRequest>) {
  return {
    numSpeakers: body.numSpeakers ?? undefined,
    minSpeakers: body.minSpeakers ?? undefined,
    maxSpeakers: body.maxSpeakers ?? undefined,
    exclusive: body.exclusive ?? false,
    confidence: body.confidence ?? false,
    turnLevelConfidence: body.turnLevelConfidence ?? false,
    channel: body.channel ?? undefined,
  };
}
