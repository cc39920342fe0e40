import { describe, expect, it } from 'vitest';
import { momentsOf } from './span.ts';

const SPANS = [{ id: '1h', label: 'Last hour', hours: 1 }];
const NOW = Date.parse('2026-03-01T12:00:00Z');
const chosen = (span: string, since = '', until = '') => momentsOf({ span, since, until }, SPANS, NOW);

describe('momentsOf', () => {
  it('ends a span now, and bounds nothing by one that it does not know', () => {
    expect(chosen('1h')).toEqual({ since: '2026-03-01T11:00:00.000Z', until: null });
    expect(chosen('')).toEqual({ since: null, until: null });
  });

  it('takes the ends of a range that are there, in the zone of whoever looks', () => {
    const from = new Date('2026-03-01T08:30').toISOString();
    expect(chosen('range', '2026-03-01T08:30')).toEqual({ since: from, until: null });
    expect(chosen('range', 'soon', '2026-03-01T08:30')).toEqual({ since: null, until: from });
  });
});
