import { expect, it } from 'vitest';
import { number, shortNumber } from './number.ts';

it('writes values short, and what is unknown as such', () => {
  const written = [0, -0, 0.5, 0.025, 12.34, 99.99, 250, 1_240, -1_240, 12_500, 3e9, null, Number.NaN];
  expect(written.map(shortNumber)).toEqual([
    ...['0', '0', '0.5', '0.025', '12.3', '100', '250', '1,240', '-1,240', '12.5k', '3G'],
    ...['–', '–'],
  ]);
  expect(shortNumber(1e-7)).toBe('1.0e-7');
  expect([97.12345, 90, null].map(number)).toEqual(['97.123', '90', '–']);
});
