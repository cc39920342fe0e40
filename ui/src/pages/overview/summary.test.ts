import { describe, expect, it } from 'vitest';
import { statusCounts, totals } from './summary.ts';

describe('statusCounts', () => {
  it('puts the worst first', () => {
    const values = [
      { value: 'STARTED', count: 40 },
      { value: 'STOPPED', count: 1 },
      { value: 'MALFUNCTION', count: 2 },
    ];
    expect(statusCounts([{ field: 'status', values, more: false }]).map(({ status }) => status)).toEqual([
      'MALFUNCTION',
      'STARTED',
      'STOPPED',
    ]);
    expect(statusCounts([])).toEqual([]);
  });
});

describe('totals', () => {
  it('weighs the share of errors by the transactions', () => {
    expect(totals([{ tps: 90, error_pct: 0 }, { tps: 10, error_pct: 50 }, { tps: null }])).toEqual({
      tps: 100,
      error_pct: 5,
    });
  });

  it('does not make zero of what is not known', () => {
    expect(totals([{ tps: null }])).toEqual({ tps: null, error_pct: null });
    expect(totals([{ tps: 0, error_pct: null }])).toEqual({ tps: 0, error_pct: null });
  });
});
