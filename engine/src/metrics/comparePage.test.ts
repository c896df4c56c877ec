import { expect, test } from 'vitest';
import { comparePage } from './comparePage.ts';

const nobody = { turns: [] };

test('a page of silence has its totals, and no NaN', () => {
  const page = comparePage([{ uri: 'silence', reference: nobody, hypotheses: [nobody] }], ['ours']);
  expect(page).toContain('<tr><th scope="row">ours</th><td><strong>0.00 %</strong></td>');
  expect(page).not.toContain('NaN');
});

test.each([[[]], [[nobody, nobody]]])('%j for one name is refused', (hypotheses) => {
  expect(() => comparePage([{ uri: 'talk', reference: nobody, hypotheses }], ['ours'])).toThrow(
    `Got ${hypotheses.length} hypotheses of talk when one was expected for each of ours.`,
  );
});
