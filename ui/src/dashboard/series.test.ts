import { describe, expect, it } from 'vitest';
import type { WidgetSeries } from '../api/schema.ts';
import { aligned, seriesWords } from './series.ts';

const one = (label: string, points: [number, number][], step_ms = 10): WidgetSeries => ({
  label,
  right: false,
  step_ms,
  times: points.map(([time]) => time),
  values: points.map(([, value]) => value),
});

describe('series of a widget', () => {
  it('stand on the same times, with gaps where points are missing', () => {
    const { times, columns } = aligned(
      [
        one('a', [
          [0, 1],
          [10, 2],
          [60, 3],
        ]),
        one('b', [[5, 4]], 5),
      ],
      false,
    );
    expect(times).toEqual([0, 5, 10, 20, 60]);
    expect(columns).toEqual([
      [1, undefined, 2, null, 3],
      [undefined, 4, undefined, undefined, undefined],
    ]);
  });

  it('are added up when they are stacked', () => {
    const { times, columns } = aligned(
      [
        one('a', [
          [0, 1],
          [100, 2],
        ]),
        one('b', [[100, 5]]),
      ],
      true,
    );
    expect(times).toEqual([0, 100]);
    expect(columns).toEqual([
      [1, 2],
      [1, 7],
    ]);
  });

  it('are told in words', () => {
    const words = seriesWords(
      [
        one('a', [
          [0, 1],
          [1, 3],
          [2, 2],
        ]),
        one('b', []),
      ],
      String,
    );
    expect(words).toBe('a: latest 2, lowest 1, highest 3; b: latest null');
    expect(seriesWords([one('b', [])], String)).toBe('no data in this time');
  });
});
