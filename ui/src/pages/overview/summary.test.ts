import { describe, expect, it } from 'vitest';
import { worstFirst } from './summary.ts';

describe('worstFirst', () => {
  it('puts the worst first', () => {
    const statuses = [
      { status: 'STARTED', count: 40 },
      { status: 'STOPPED', count: 1 },
      { status: 'MALFUNCTION', count: 2 },
    ];
    const counts = { total: 43, healthy: 40, degraded: 0, unknown: 0, failed: 3, statuses };
    expect(worstFirst(counts).map(({ status }) => status)).toEqual(['MALFUNCTION', 'STARTED', 'STOPPED']);
    expect(worstFirst(undefined)).toEqual([]);
  });
});
