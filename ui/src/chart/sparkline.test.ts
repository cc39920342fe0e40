import { describe, expect, it } from 'vitest';
import { sparkPath } from './sparkline.ts';

describe('sparkPath', () => {
  it('draws from the oldest to the newest', () => {
    expect(sparkPath([0, 50, 100], 100)).toBe('M0 20L50 10L100 0');
  });

  it('lifts the pen at a gap and shows a lone value as a dot', () => {
    expect(sparkPath([0, null, 100, null, 50, 50], 100)).toBe('M0 20h0M40 0h0M80 10L100 10');
  });

  it('stays inside whatever comes', () => {
    expect(sparkPath([-5, 900, NaN, Infinity], 100)).toBe('M0 20L33.3 0');
    expect(sparkPath([1], 0)).toBe('M0 0h0');
    expect(sparkPath([], 100)).toBe('');
    expect(sparkPath([null, null], 100)).toBe('');
  });
});
