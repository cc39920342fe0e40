import { describe, expect, it } from 'vitest';
import type { Tone } from '../parts/tone.ts';
import { clustered } from './cluster.ts';
import type { Mark } from './paint.ts';

function mark(time: number, tone: Tone = 'idle'): Mark {
  return { key: time, time, tone, text: `${tone} at ${time}` };
}

describe('clustered', () => {
  it('leaves few marks as they are, and those outside away', () => {
    const marks = [mark(5), mark(10), mark(20), mark(21)];
    expect(clustered(marks, { from: 10, to: 20 }, 2)).toEqual([mark(10), mark(20)]);
  });

  it('shows the worst of each place, where it began, and how many there are', () => {
    const marks = [mark(0, 'healthy'), mark(3, 'failed'), mark(2, 'failed'), mark(150, 'degraded')];
    expect(clustered(marks, { from: 0, to: 200 }, 2)).toEqual([
      { ...mark(2, 'failed'), text: 'failed at 2 (and 2 more near it)' },
      mark(150, 'degraded'),
    ]);
  });

  it('never has more marks than places, and the same ones a moment later', () => {
    const marks = Array.from({ length: 5_000 }, (_, index) => mark(index * 7));
    const now = clustered(marks, { from: 0, to: 35_000 }, 50);
    expect(now.length).toBeLessThanOrEqual(51);
    const later = clustered(marks, { from: 10, to: 35_010 }, 50);
    expect(later.slice(1)).toEqual(now.slice(1));
  });
});
