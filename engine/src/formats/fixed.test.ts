import { expect, test } from 'vitest';
import { fixed3 } from './fixed.ts';

test('ties go to even, as in Python', () => {
  // python3 -c "for x in (…): print('%.3f' % x)"
  const python: [number, string][] = [
    [0.0625, '0.062'],
    [0.1875, '0.188'],
    [0.3125, '0.312'],
    [0.4375, '0.438'],
    [-0.0625, '-0.062'],
    [12345.9375, '12345.938'],
    [86400.5625, '86400.562'],
  ];
  for (const [x, text] of python) expect(fixed3(x)).toBe(text);
});

test('what only looks like a tie is rounded by its exact value', () => {
  // 1.0005 is 1.000499999999999989…, 2.0005 is 2.000500000000000078…, 0.0005 is 0.000500000000000000010…
  expect(fixed3(1.0005)).toBe('1.000');
  expect(fixed3(2.0005)).toBe('2.001');
  expect(fixed3(0.0005)).toBe('0.001');
  expect(fixed3(4.0635)).toBe('4.064'); // 4.06350000000000033395508580724708735942840576171875
  expect(fixed3(1.0015)).toBe('1.002'); // 1.001500000000000056843418860808014869689941406250
});

test('what is not finite is refused', () => {
  expect(() => fixed3(Number.NaN)).toThrow('Got NaN when a finite number of seconds was expected.');
});
