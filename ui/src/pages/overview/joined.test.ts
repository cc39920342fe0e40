import { describe, expect, it } from 'vitest';
import type { ClusterRow } from '../../api/schema.ts';
import { heardWords, joinedRows } from './joined.ts';

const row = (name: string, status: ClusterRow['status'], more: Partial<ClusterRow> = {}): ClusterRow => ({
  name,
  status,
  is_own: false,
  url: 'https://east:7400',
  clusters: [],
  ...more,
});

describe('joined clusters', () => {
  it('come with those that are not heard first, without the own one', () => {
    const rows = [
      row('main', 'UP', { is_own: true }),
      row('west', 'UP'),
      row('east', 'UP'),
      row('south', 'DOWN'),
      row('north', 'REFUSED'),
    ];
    expect(joinedRows(rows).map(({ name }) => name)).toEqual(['north', 'south', 'east', 'west']);
  });

  it('say when they were last heard, and why not', () => {
    expect(heardWords(row('east', 'UP', { age_ms: 400 }), 0)).toBe('heard now');
    expect(heardWords(row('east', 'STALE', { age_ms: 4_000 }), 8_000)).toBe('last heard 12s ago');
    expect(heardWords(row('east', 'DOWN', { reason: 'no route' }), 0)).toBe('never heard: no route');
    expect(heardWords(row('east', 'REFUSED', { reason: 'its token is wrong' }), 0)).toBe(
      'does not let this console in: its token is wrong',
    );
  });
});
