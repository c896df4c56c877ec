import { randomBytes } from 'node:crypto';
import { z } from '@hono/zod-openapi';
import { EnrollRequest, StoredVoiceprint, VoiceprintChange } from '../contract/admin.ts';
import type { Deps } from '../deps.ts';
import { speakersContext } from '../jobs/stored.ts';
import { type Api, type Call, operation } from '../operation.ts';
import { invalid, notFound, Problem } from '../problem.ts';
import { appendAudit } from '../store/audit.ts';
import { type Trx, transaction } from '../store/db.ts';
import { getJob } from '../store/jobs.ts';
import {
  CURSOR,
  deleteVoiceprint,
  getVoiceprint,
  holdVoiceprint,
  insertSample,
  insertVoiceprint,
  listVoiceprints,
  setSets,
  updateVoiceprint,
  type VoiceprintRow,
} from '../store/voiceprints.ts';
import { openJson } from '../vault.ts';
import { parsePortable, writePortable } from '../voiceprint/portable.ts';
import { openVectors, toBytes, vectorContext } from '../voiceprint/store.ts';

/** Enrolled speakers. Their vectors are sealed, never listed, and go out only through `include=voiceprint`, noted. */
export function voiceprintRoutes(api: Api, deps: Deps): void {
  const shared = { tag: 'Voiceprints', dialect: 'native', rate: 'read' } as const;
  const params = z.object({ id: z.string().regex(/^vp_[a-z0-9]{20}$/) });

  operation(
    api,
    deps,
    {
      ...shared,
      method: 'get',
      path: '/v1/voiceprints',
      operationId: 'listVoiceprints',
      summary: 'Enrolled speakers (never the vectors)',
      scopes: ['voiceprints:read'],
      query: z.object({
        limit: z.coerce.number().int().min(1).max(100).default(50),
        cursor: z.string().regex(CURSOR, 'must be a cursor from an earlier page').optional(),
        set: z.string().max(100).optional(),
        label: z.string().max(100).optional().openapi({ description: 'exact label' }),
      }),
      answers: {
        200: {
          description: 'a page',
          schema: z.object({ items: z.array(StoredVoiceprint), nextCursor: z.string().nullable() }),
        },
        401: 'Unauthorized',
        403: 'Forbidden',
      },
    },
    async ({ c, caller: { tenant }, query: { limit, ...where } }) => {
      const page = await listVoiceprints(deps.db, tenant, { ...where, limit: limit + 1 });
      const items = page.slice(0, limit);
      return c.json({ items: items.map(view), nextCursor: page.length > limit ? items.at(-1)!.cursor : null });
    },
  );

  operation(
    api,
    deps,
    {
      ...shared,
      method: 'post',
      path: '/v1/voiceprints',
      operationId: 'enrollVoiceprint',
      summary: 'Enrol a speaker from a voiceprint string or from a speaker of a finished job',
      scopes: ['voiceprints:write'],
      body: EnrollRequest,
      answers: {
        201: { description: 'enrolled', schema: StoredVoiceprint },
        400: 'Invalid',
        401: 'Unauthorized',
        404: 'NotFound',
        409: 'Conflict',
      },
    },
    async (call) => {
      const { c, caller, body } = call;
      const id = `vp_${randomId(20)}`;
      const { model, vectors, jobId } = await sampleOf(caller.tenant, body);
      const row = await transaction(deps.db, async (trx) => {
        const { at, ...consent } = body.consent ?? {};
        await insertVoiceprint(trx, {
          id,
          tenant: caller.tenant,
          label: body.label,
          model,
          consent: body.consent ? { ...consent, at: (at ? new Date(at) : new Date()).toISOString() } : null,
          metadata: body.metadata ?? {},
          expires_at: body.expiresAt ? new Date(body.expiresAt) : null,
        });
        await putInSets(trx, { tenant: caller.tenant, id, label: body.label, sets: body.sets ?? [] });
        for (const vector of vectors) await addSample(trx, id, vector, jobId);
        await note(trx, call, 'voiceprint.enroll', id, { sets: body.sets ?? [], ...(jobId ? { jobId } : {}) });
        return getVoiceprint(trx, caller.tenant, id);
      });
      return c.json(view(row!), 201);
    },
  );

  operation(
    api,
    deps,
    {
      ...shared,
      method: 'get',
      path: '/v1/voiceprints/{id}',
      operationId: 'getVoiceprint',
      summary: 'One enrolled speaker',
      scopes: ['voiceprints:read'],
      params,
      query: z.object({
        include: z.enum(['voiceprint']).optional().openapi({
          description: 'also return the portable string; written to the audit trail',
        }),
      }),
      answers: { 200: { description: 'the speaker', schema: StoredVoiceprint }, 404: 'NotFound' },
    },
    async (call) => {
      const { c, caller, params, query } = call;
      const row = await getVoiceprint(deps.db, caller.tenant, params.id);
      if (!row) throw notFound('Voiceprint');
      if (query.include === undefined) return c.json(view(row));
      const vectors = await openVectors(deps.db, deps.vault, row);
      await note(deps.db, call, 'voiceprint.export', row.id);
      return c.json({ ...view(row), voiceprint: writePortable({ digest: digestOf(row.model), vectors }) });
    },
  );

  operation(
    api,
    deps,
    {
      ...shared,
      method: 'patch',
      path: '/v1/voiceprints/{id}',
      operationId: 'updateVoiceprint',
      summary: 'Rename, move to other sets, add a sample, change metadata or expiry',
      scopes: ['voiceprints:write'],
      params,
      body: VoiceprintChange,
      answers: {
        200: { description: 'the speaker', schema: StoredVoiceprint },
        400: 'Invalid',
        404: 'NotFound',
        409: 'Conflict',
      },
    },
    async (call) => {
      const { c, caller, params, body } = call;
      const added = body.addVoiceprint ? portable(body.addVoiceprint, 'addVoiceprint') : undefined;
      const row = await transaction(deps.db, async (trx) => {
        const old = await holdVoiceprint(trx, caller.tenant, params.id);
        if (!old) throw notFound('Voiceprint');
        if (added && added.digest !== digestOf(old.model))
          throw invalid({
            field: 'addVoiceprint',
            message: 'was made with another model than the samples that are there',
          });
        const label = body.label ?? old.label;
        if (body.label || body.sets)
          await putInSets(trx, { tenant: caller.tenant, id: old.id, label, sets: body.sets ?? old.sets });
        await updateVoiceprint(trx, old.id, {
          label,
          ...(body.metadata ? { metadata: body.metadata } : {}),
          ...(body.expiresAt === undefined ? {} : { expires_at: body.expiresAt ? new Date(body.expiresAt) : null }),
        });
        for (const vector of added?.vectors ?? []) await addSample(trx, old.id, vector, null);
        await note(trx, call, 'voiceprint.update', old.id, { changed: Object.keys(body) });
        return (await getVoiceprint(trx, caller.tenant, old.id)) ?? old; // not there if it expires this very moment
      });
      return c.json(view(row));
    },
  );

  operation(
    api,
    deps,
    {
      ...shared,
      method: 'delete',
      path: '/v1/voiceprints/{id}',
      operationId: 'deleteVoiceprint',
      summary: 'Erase a speaker and all samples for good',
      scopes: ['voiceprints:write'],
      params,
      answers: { 204: { description: 'erased' }, 404: 'NotFound' },
    },
    async (call) => {
      const gone = await transaction(deps.db, async (trx) => {
        const done = await deleteVoiceprint(trx, call.caller.tenant, call.params.id);
        if (done) await note(trx, call, 'voiceprint.delete', call.params.id);
        return done;
      });
      if (!gone) throw notFound('Voiceprint');
      return call.c.body(null, 204);
    },
  );

  /** The vectors that a request enrols, and the model that made them. */
  async function sampleOf(
    tenant: string,
    { voiceprint, fromJob }: z.output<typeof EnrollRequest>,
  ): Promise<{ model: string; vectors: readonly Float32Array[]; jobId: string | null }> {
    if (voiceprint) {
      const { digest, vectors } = portable(voiceprint, 'voiceprint');
      const known = deps.models().find((model) => model.kind === 'embedding' && model.sha256?.startsWith(digest));
      return { model: `${known?.id ?? 'unknown'}@sha256:${digest}`, vectors, jobId: null };
    }
    const job = await getJob(deps.db, tenant, fromJob!.jobId);
    if (!job) throw notFound('Job');
    if (job.status !== 'succeeded' || !job.speakers)
      throw new Problem(409, 'not_in_state', 'The job has no speakers to enrol: it has not succeeded, or was erased');
    const { model, vectors } = openJson<{ model: string; vectors: Record<string, number[]> }>(
      deps.vault,
      job.speakers,
      speakersContext(job.id),
    );
    // Own ones only: every object has a `constructor`, and no job has a speaker of that name.
    const vector = Object.hasOwn(vectors, fromJob!.speaker) ? vectors[fromJob!.speaker] : undefined;
    if (!vector) throw notFound(`Speaker of the job`);
    return { model, vectors: [Float32Array.from(vector)], jobId: job.id };
  }

  async function putInSets(trx: Trx, place: { tenant: string; id: string; label: string; sets: readonly string[] }) {
    const taken = await setSets(trx, place);
    if (taken !== undefined)
      throw new Problem(409, 'label_taken', `The set ${taken} already has a speaker with this label`);
  }

  async function addSample(trx: Trx, id: string, vector: Float32Array, jobId: string | null): Promise<void> {
    await insertSample(trx, id, deps.vault.seal(toBytes(vector), vectorContext(id)), jobId);
  }

  async function note(
    db: Trx | Deps['db'],
    { caller, requestId, ip }: Pick<Call<unknown, unknown, unknown>, 'caller' | 'requestId' | 'ip'>,
    action: string,
    target: string,
    detail: Record<string, unknown> = {},
  ): Promise<void> {
    await appendAudit(db, { tenant: caller.tenant, actor: caller.keyId, action, target, requestId, ip, detail });
  }
}

function portable(text: string, field: string) {
  const parsed = parsePortable(text);
  if (!parsed) throw invalid({ field, message: 'is not a voiceprint of this service, or is damaged' });
  return parsed;
}

const digestOf = (model: string) => model.split('@sha256:')[1] ?? '';

const view = (row: VoiceprintRow) => ({
  id: row.id,
  label: row.label,
  sets: row.sets,
  samples: row.samples,
  model: row.model,
  consent: row.consent,
  metadata: row.metadata,
  createdAt: row.created_at.toISOString(),
  updatedAt: row.updated_at.toISOString(),
  lastMatchedAt: row.last_matched_at?.toISOString() ?? null,
  expiresAt: row.expires_at?.toISOString() ?? null,
});

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789';

/** Letters and digits without a bias: bytes of 252 and above are thrown away. */
function randomId(length: number): string {
  let id = '';
  while (id.length < length)
    for (const byte of randomBytes(length)) if (byte < 252 && id.length < length) id += ALPHABET[byte % 36];
  return id;
}
