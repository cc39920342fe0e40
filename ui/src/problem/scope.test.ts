import { expect, test } from 'vitest';
import { seconds } from './lasting.ts';
import { scopeOf } from './scope.ts';

test('a list shows open problems that nothing explains, unless it is asked for others', () => {
  const usual = { over: false, symptoms: false };
  expect(scopeOf('', usual)).toBe('status=OPEN cause=none');
  expect(scopeOf('severity=major or server=a', usual)).toBe('status=OPEN cause=none');
  expect(scopeOf('status=CLOSED', usual)).toBe('cause=none');
  expect(scopeOf('closed>2026-11-28', usual)).toBe('cause=none');
  expect(scopeOf('cause=17', usual)).toBe('status=OPEN');
  expect(scopeOf('problem=17', usual)).toBe('status=OPEN');
  expect(scopeOf('"status=OPEN"', usual)).toBe('status=OPEN cause=none');
  expect(scopeOf('', { over: true, symptoms: true })).toBe('');
});

test('a span is read as the command line reads it', () => {
  expect(['90s', '30m', '1h30m', '2d', '1w'].map(seconds)).toEqual([90, 1_800, 5_400, 172_800, 604_800]);
  expect(['', '0s', '5', 'h', '1h 30m', '-1h', '1x'].map(seconds)).toEqual(Array(7).fill(null));
});
