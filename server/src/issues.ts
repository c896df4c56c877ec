import type { z } from '@hono/zod-openapi';
import type { FieldError } from './problem.ts';

type Issue = z.core.$ZodIssue;

/** zod's findings in words for people: `numSpeakers` "must be at least 1". At most 20 of them. */
export function fieldErrors(issues: readonly Issue[], root = 'body'): FieldError[] {
  return issues.slice(0, 20).map((issue) => ({ field: fieldName(issue.path, root), message: message(issue) }));
}

function fieldName(path: readonly PropertyKey[], root: string): string {
  if (path.length === 0) return root;
  return path
    .map((part, i) => (typeof part === 'number' ? `[${part}]` : `${i === 0 ? '' : '.'}${String(part).slice(0, 80)}`))
    .join('');
}

function message(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.input === undefined && /received undefined/.test(issue.message)) return 'is required';
      return `must be ${article(issue.expected)}`;
    case 'too_small':
      if (issue.origin === 'string') return `must have at least ${issue.minimum} character${plural(issue.minimum)}`;
      if (issue.origin === 'array') return `must have at least ${issue.minimum} item${plural(issue.minimum)}`;
      return issue.inclusive === false ? `must be larger than ${issue.minimum}` : `must be at least ${issue.minimum}`;
    case 'too_big':
      if (issue.origin === 'string') return `must have at most ${issue.maximum} characters`;
      if (issue.origin === 'array') return `must have at most ${issue.maximum} items`;
      return `must be at most ${issue.maximum}`;
    case 'invalid_value':
      return `must be ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.map(String).join(', ')}`;
    case 'invalid_format':
      if (issue.message.startsWith('must ')) return issue.message;
      return `must be ${FORMATS[issue.format] ?? 'in the right form'}`;
    case 'invalid_key':
      return 'has a key that is too long';
    case 'custom':
      return issue.message;
    default:
      return issue.message.startsWith('must ') ? issue.message : 'has the wrong form';
  }
}

const FORMATS: Readonly<Record<string, string>> = {
  uuid: 'a UUID',
  url: 'a URL',
  datetime: 'an ISO 8601 date and time such as 2026-11-21T05:00:00Z',
};

const article = (type: string) =>
  (
    ({
      int: 'a whole number',
      number: 'a number',
      string: 'a string',
      boolean: 'true or false',
      array: 'a list',
      object: 'an object',
      record: 'an object',
    }) as Record<string, string>
  )[type] ?? `of type ${type}`;

const plural = (count: number | bigint) => (Number(count) === 1 ? '' : 's');
