import type { Api } from './operation.ts';
import { VERSION } from './version.ts';

/** The OpenAPI 3.1 document, made from the operations that were added to the app. */
export function openApiDocument(app: Api): Record<string, unknown> {
  const document = app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'diarist',
      version: VERSION,
      description:
        'Who spoke when, on your own machine. Operations marked x-dialect pyannoteai, gladia or openai keep the paths, ' +
        'field names and status codes that those clients expect; native ones are ours.',
      license: { name: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
  });
  return {
    ...document,
    components: {
      ...document.components,
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        gladiaKey: { type: 'apiKey', in: 'header', name: 'x-gladia-key' },
      },
    },
  };
}
