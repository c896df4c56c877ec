import { writeFile } from 'node:fs/promises';
import { createApp } from '../src/app.ts';
import { readConfig } from '../src/config.ts';
import type { Deps } from '../src/deps.ts';
import { silentLog } from '../src/log.ts';
import { createMetrics } from '../src/metrics.ts';
import { openApiDocument } from '../src/openapi.ts';

/**
 * Writes src/client/operations.ts: the types of every operation, from the OpenAPI document that the app makes of
 * itself. `npm run client -w server` after a change of the contract; a test compares the file with a fresh one.
 */

// biome-ignore lint/suspicious/noExplicitAny: a JSON document is walked freely
type Json = any;

export function clientSource(): string {
  const deps = { config: readConfig({}), log: silentLog, metrics: createMetrics() } as unknown as Deps;
  const document = openApiDocument(createApp(deps)) as Json;
  const schemas = Object.entries(document.components.schemas as Record<string, Json>)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, schema]) => `export type ${name} = ${typeOf(schema)};`);
  const operations = Object.entries(document.paths as Record<string, Json>).flatMap(([path, item]) =>
    Object.entries(item as Record<string, Json>).map(([method, operation]) => operationType(path, method, operation)),
  );
  const table = Object.entries(document.paths as Record<string, Json>).flatMap(([path, item]) =>
    Object.entries(item as Record<string, Json>).map(
      ([method, operation]) => `  ${operation.operationId}: { method: '${method.toUpperCase()}', path: '${path}' },`,
    ),
  );
  return `// Made by bench/generateClient.ts from the OpenAPI document. Not edited by hand.

${schemas.join('\n\n')}

/** What each operation takes and answers. */
export interface Operations {
${operations.join('\n')}
}

/** Where each operation is. */
export const OPERATIONS: { readonly [Name in keyof Operations]: { readonly method: string; readonly path: string } } = {
${table.join('\n')}
};
`;
}

function operationType(_path: string, _method: string, operation: Json): string {
  const params = (operation.parameters ?? []).filter((one: Json) => one.in === 'path' || one.in === 'query');
  const group = (place: string) => {
    const own = params.filter((one: Json) => one.in === place);
    if (own.length === 0) return undefined;
    return `{ ${own.map((one: Json) => `${key(one.name)}${one.required ? '' : '?'}: ${typeOf(one.schema)}`).join('; ')} }`;
  };
  const body = operation.requestBody?.content?.['application/json']?.schema;
  const success = Object.entries(operation.responses as Record<string, Json>).find(([status]) =>
    status.startsWith('2'),
  );
  const answer = success?.[1]?.content?.['application/json']?.schema;
  const text = success?.[1]?.content && !answer;
  const fields = [
    group('path') ? `params: ${group('path')}` : undefined,
    group('query') ? `query?: ${group('query')}` : undefined,
    body ? `body: ${typeOf(body)}` : undefined,
    `answer: ${answer ? typeOf(answer) : text ? 'string' : 'undefined'}`,
  ];
  return `  /** ${operation.summary} */\n  ${operation.operationId}: { ${fields.filter(Boolean).join('; ')} };`;
}

function typeOf(schema: Json): string {
  if (!schema || Object.keys(schema).length === 0) return 'unknown';
  if (schema.$ref) return schema.$ref.split('/').at(-1);
  if (schema.const !== undefined) return JSON.stringify(schema.const).replaceAll('"', "'");
  if (schema.enum) return schema.enum.map((one: unknown) => JSON.stringify(one).replaceAll('"', "'")).join(' | ');
  if (schema.anyOf ?? schema.oneOf) return unique((schema.anyOf ?? schema.oneOf).map(typeOf)).join(' | ');
  if (schema.allOf) return unique(schema.allOf.map(typeOf)).join(' & ');
  if (Array.isArray(schema.type))
    return unique(schema.type.map((type: string) => typeOf({ ...schema, type }))).join(' | ');
  switch (schema.type) {
    case 'string':
      return 'string';
    case 'number':
    case 'integer':
      return 'number';
    case 'boolean':
      return 'boolean';
    case 'null':
      return 'null';
    case 'array':
      return `readonly (${typeOf(schema.items)})[]`;
    default: {
      const own = Object.entries((schema.properties ?? {}) as Record<string, Json>).map(
        ([name, one]) => `${key(name)}${(schema.required ?? []).includes(name) ? '' : '?'}: ${typeOf(one)}`,
      );
      if (own.length > 0) return `{ ${own.join('; ')} }`;
      return `Readonly<Record<string, ${typeOf(typeof schema.additionalProperties === 'object' ? schema.additionalProperties : {})}>>`;
    }
  }
}

const key = (name: string) => (/^[A-Za-z_]\w*$/.test(name) ? name : `'${name}'`);
const unique = (types: string[]) => [...new Set(types)];

if (process.argv[1]?.endsWith('generateClient.ts'))
  await writeFile(new URL('../src/client/operations.ts', import.meta.url), clientSource());
