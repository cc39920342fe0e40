import { describe, expect, it } from 'vitest';
import { SPANS, spanOf, zoomed, zoomOf, zoomText } from './span.ts';

describe('spans', () => {
  it('go from five minutes to everything, each longer than the one before', () => {
    const lengths = SPANS.map(({ ms }) => ms ?? Infinity);
    expect(lengths).toEqual([...lengths].sort((one, other) => one - other));
    expect([lengths[0], lengths.at(-1)]).toEqual([300_000, Infinity]);
    expect(spanOf('7d')?.ms).toBe(604_800_000);
    expect([spanOf('8d'), spanOf(undefined)]).toEqual([undefined, undefined]);
  });
});

describe('zoom', () => {
  it('is read as it was written', () => {
    // P-1
    const zoom = { from: Date.UTC(2026, 2, 1, 11, 50), to: Date.UTC(2026, 2, 1, 12, 10) };
    expect(zoomText(zoom)).toBe('2026-03-01T11:50:00Z/2026-03-01T12:10:00Z');
    expect(zoomOf(zoomText(zoom))).toEqual(zoom);
  });

  it('is nothing when it is nonsense', () => {
    for (const text of [
      '',
      '1h',
      '/',
      '2026-03-01T11:50:00Z',
      'a/b',
      '2026-03-01T12:10:00Z/2026-03-01T11:50:00Z',
      '2026-03-01T12:10:00Z/2026-03-01T12:10:01Z',
      '2026-03-01T12:10:00Z/2026-03-02T12:10:00Z/2026-03-03T12:10:00Z',
      '0001-01-01T00:00:00Z/2026-03-03T12:10:00Z',
    ]) {
      expect(zoomOf(text), text).toBeNull();
    }
    expect(zoomOf(undefined)).toBeNull();
  });

  it('is ten seconds at least', () => {
    expect(zoomed({ from: 100_400, to: 100_600 })).toEqual({ from: 95_000, to: 106_000 });
    expect(zoomed({ from: 1_500, to: 60_200 })).toEqual({ from: 1_000, to: 61_000 });
  });
});
