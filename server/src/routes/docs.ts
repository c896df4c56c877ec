/** The API as a page to read: every operation with its parameters, its body and its answers. No script runs in it. */
export function docsPage(document: Record<string, unknown>): string {
  const { info, paths = {}, components = {} } = document as unknown as Document;
  const schemas = components.schemas ?? {};
  const operations = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method, operation })),
  );
  const tags = [...new Set(operations.map(({ operation }) => operation.tags?.[0] ?? 'Other'))];
  const sections = tags.map((tag) => {
    const entries = operations.filter(({ operation }) => (operation.tags?.[0] ?? 'Other') === tag);
    return `<h2>${html(tag)}</h2>${entries.map(operationHtml).join('')}`;
  });
  const types = Object.entries(schemas).map(
    ([name, schema]) =>
      `<details id="${html(name)}"><summary><code>${html(name)}</code></summary><pre>${linked(schema)}</pre></details>`,
  );
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${html(info.title)} API</title><style>${STYLE}</style>
<h1>${html(info.title)} <small>${html(info.version)}</small></h1><p>${html(info.description ?? '')}</p>
<p>Machine-readable: <a href="/openapi.json">openapi.json</a></p>${sections.join('')}<h2>Types</h2>${types.join('')}</html>`;
}

interface Document {
  info: { title: string; version: string; description?: string };
  paths?: Record<string, Record<string, OperationObject>>;
  components?: { schemas?: Record<string, unknown> };
}

interface OperationObject {
  tags?: string[];
  summary?: string;
  parameters?: { name: string; in: string; required?: boolean; description?: string; schema?: unknown }[];
  requestBody?: { content?: Record<string, { schema?: unknown }> };
  responses?: Record<string, { description?: string; content?: Record<string, { schema?: unknown }> }>;
  'x-scopes'?: string[];
  'x-dialect'?: string;
}

function operationHtml({
  path,
  method,
  operation,
}: {
  path: string;
  method: string;
  operation: OperationObject;
}): string {
  const { summary = '', parameters = [], requestBody, responses = {} } = operation;
  const scopes = operation['x-scopes']?.length
    ? `<p>Scopes: <code>${html(operation['x-scopes'].join(' '))}</code></p>`
    : '';
  const inputs = parameters.map(
    (one) =>
      `<li><code>${html(one.name)}</code> in ${html(one.in)}${one.required ? ', required' : ''}: ` +
      `<code>${linked(one.schema ?? {}, 0)}</code> ${html(one.description ?? '')}</li>`,
  );
  const body = Object.entries(requestBody?.content ?? {}).map(
    ([type, { schema }]) => `<p>Body <code>${html(type)}</code></p><pre>${linked(schema ?? {})}</pre>`,
  );
  const answers = Object.entries(responses).map(([status, { description = '', content = {} }]) => {
    const shapes = Object.values(content).map(({ schema }) => `<pre>${linked(schema ?? {})}</pre>`);
    return `<li><b>${html(status)}</b> ${html(description)}${shapes.join('')}</li>`;
  });
  return `<details><summary><b>${method.toUpperCase()}</b> <code>${html(path)}</code> ${html(summary)}
<small>${html(operation['x-dialect'] ?? '')}</small></summary>${scopes}${inputs.length ? `<ul>${inputs.join('')}</ul>` : ''}
${body.join('')}<ul>${answers.join('')}</ul></details>`;
}

/** A schema as text in which references are links. */
function linked(schema: unknown, indent = 2): string {
  const text = html(JSON.stringify(schema, null, indent) ?? '');
  return text.replace(/&quot;#\/components\/schemas\/(\w+)&quot;/g, '<a href="#$1">$1</a>');
}

function html(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
}

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}
details{border:1px solid #8885;border-radius:6px;margin:.4rem 0;padding:.4rem .8rem}summary{cursor:pointer}
pre{overflow:auto;background:#8881;padding:.6rem;border-radius:6px;font-size:13px}small{opacity:.7}`;
