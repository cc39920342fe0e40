import { describe, expect, it } from 'vitest';
import { statusCounts } from './summary.ts';

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
