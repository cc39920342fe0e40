import { describe, expect, it } from 'vitest';
import type { DiffLine } from '../api/schema.ts';
import { around, pairs, TEMPLATE, worst } from './words.ts';

const line = (left: number | null, right: number | null, text: string): DiffLine => ({ left, right, text });

describe('pairs', () => {
  it('puts what was taken away beside what came in its place', () => {
    const lines = [
      line(1, 1, 'a'),
      line(2, null, 'b'),
      line(3, null, 'c'),
      line(null, 2, 'd'),
      line(4, 3, 'e'),
    ];
    const told = pairs(lines).map(({ left, right }) => [left?.text ?? null, right?.text ?? null]);
    expect(told).toEqual([
      ['a', 'a'],
      ['b', 'd'],
      ['c', null],
      ['e', 'e'],
    ]);
  });
});

describe('around', () => {
  it('leaves out what is far from every change, once', () => {
    const same = Array.from({ length: 9 }, (_, index) => line(index + 1, index + 1, `${index + 1}`));
    const rows = pairs([...same, line(null, 10, 'new')]);
    const shown = around(rows, 2).map((row) => row?.right?.text ?? null);
    expect(shown).toEqual([null, '8', '9', 'new']);
    expect(around(pairs(same), 2)).toEqual([null]);
  });
});

describe('worst', () => {
  it('tells of drift before what is pending', () => {
    expect(worst({ drifted: 1, pending: 5 })).toBe('DRIFTED');
    expect(worst({ drifted: 0, pending: 5 })).toBe('PENDING');
    expect(worst({ drifted: 0, pending: 0 })).toBe('IN_SYNC');
    expect(TEMPLATE).not.toContain('check');
  });
});
