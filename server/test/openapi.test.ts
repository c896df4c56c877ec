import { readFile } from 'node:fs/promises';
import { OpenAPIHono } from '@hono/zod-openapi';
import { beforeAll, expect, test } from 'vitest';
import { createApp } from '../src/app.ts';
import { readConfig } from '../src/config.ts';
import type { Deps } from '../src/deps.ts';
import { silentLog } from '../src/log.ts';
import { createMetrics } from '../src/metrics.ts';
import { openApiDocument } from '../src/openapi.ts';

// The document that is generated from our schemas, beside the names that the contract fixes.

interface Expected {
  readonly method: string;
  readonly path: string;
  readonly operationId: string;
  readonly tag: string;
  readonly dialect: string;
  readonly scopes: readonly string[];
  readonly parameters: readonly string[];
  readonly body: Readonly<Record<string, boolean>> | null;
  readonly answers: Readonly<Record<string, Readonly<Record<string, boolean>> | null>>;
}

// biome-ignore lint/suspicious/noExplicitAny: a JSON document is walked freely
type Json = any;

/** Not served: said in docs/api.md. */
const ABSENT: readonly string[] = [];

const contract = JSON.parse(await readFile(new URL('./contract.json', import.meta.url), 'utf8')) as {
  operations: Expected[];
};
let ours: Json;
beforeAll(() => {
  // Nothing but the routes is needed to make the document.
  const deps = { config: readConfig({}), log: silentLog, metrics: createMetrics() } as unknown as Deps;
  ours = openApiDocument(createApp(deps));
});

function resolved(schema: Json): Json {
  return schema?.$ref ? resolved(ours.components.schemas[schema.$ref.split('/').at(-1)]) : schema;
}

function fields(schema: Json): Record<string, boolean> {
  const whole = resolved(schema) ?? {};
  const found: Record<string, boolean> = {};
  for (const part of whole.allOf ?? []) Object.assign(found, fields(part));
  for (const name of Object.keys(whole.properties ?? {})) found[name] = (whole.required ?? []).includes(name);
  return found;
}

test('it has the 41 operations of the contract and no id twice', () => {
  const ids = Object.values(ours.paths).flatMap((item: Json) =>
    Object.values(item).map((operation: Json) => operation.operationId),
  );
  expect(new Set(ids).size).toBe(ids.length);
  const wanted = contract.operations.map(({ operationId }) => operationId).filter((id) => !ABSENT.includes(id));
  expect(ids.sort()).toEqual(wanted.sort());
});

test.each(contract.operations.filter(({ operationId }) => !ABSENT.includes(operationId)))(
  '$operationId: $method $path',
  ({ method, path, operationId, tag, dialect, scopes, parameters, body, answers }) => {
    const operation = ours.paths[path]?.[method];
    expect(operation, `${method} ${path}`).toBeDefined();
    expect(operation).toMatchObject({ operationId, tags: [tag], 'x-dialect': dialect });
    if (path !== '/metrics') expect(operation['x-scopes'] ?? []).toEqual(scopes);
    const names = (operation.parameters ?? []).map((one: Json) => `${one.in}:${one.name}`);
    expect(names).toEqual(expect.arrayContaining([...parameters]));
    if (body) {
      const mine = fields(operation.requestBody?.content?.['application/json']?.schema);
      for (const [name, required] of Object.entries(body)) {
        expect(Object.keys(mine), `request field ${name}`).toContain(name);
        // Ours may ask for less than the contract, never for more.
        if (!required) expect(mine[name], `request field ${name} is required`).toBe(false);
      }
    }
    for (const [status, wanted] of Object.entries(answers)) {
      if (operationId === 'openaiTranscribe' && status === '200') continue;
      expect(Object.keys(operation.responses), `answer ${status}`).toContain(status);
      if (!wanted || Object.keys(wanted).length === 0) continue;
      const mine = fields(operation.responses[status].content?.['application/json']?.schema);
      for (const [name, required] of Object.entries(wanted)) {
        expect(Object.keys(mine), `field ${name} of answer ${status}`).toContain(name);
        if (required) expect(mine[name], `field ${name} of answer ${status} is always there`).toBe(true);
      }
    }
  },
);

test('there is one source: the app is made of OpenAPIHono operations only', () => {
  const deps = { config: readConfig({}), log: silentLog, metrics: createMetrics() } as unknown as Deps;
  expect(createApp(deps)).toBeInstanceOf(OpenAPIHono);
});
