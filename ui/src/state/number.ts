// Numbers of any kind, whatever they count: short ones beside axes and in figures, and those of problems.
// What has a unit is in format.ts.

import { UNKNOWN } from './format.ts';

const UNITS = [
  [1e15, 'P'],
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
  [1e4, 'k'],
] as const;

/** In at most seven letters: `1,240`, `0.025`, `12.5k`, `3G`, as pictures of the master have them. */
export function shortNumber(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return UNKNOWN;
  const size = Math.abs(value);
  if (size >= 1e18 || (size > 0 && size < 1e-4)) return value.toExponential(1);
  for (const [least, name] of UNITS) {
    if (size >= least) return trimmed(value / (least === 1e4 ? 1e3 : least), 1) + name;
  }
  if (size >= 1_000) return trimmed(value, 0).replace(/\d{3}$/, (tail) => `,${tail}`);
  return trimmed(value, size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : size >= 0.01 ? 3 : 5);
}

/** With three digits behind the point at most, as problems have it. */
export function number(value: number | null | undefined): string {
  return value === null || value === undefined ? UNKNOWN : String(Number(value.toFixed(3)));
}

function trimmed(value: number, digits: number): string {
  const text = value.toFixed(digits);
  const short = text.includes('.') ? text.replace(/\.?0+$/, '') : text;
  return short === '-0' ? '0' : short;
}
