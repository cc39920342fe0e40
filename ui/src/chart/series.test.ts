import { describe, expect, it } from 'vitest';
import { empty, forgetAfter, fromAnswer, hold, merge, silence, summary, type Series } from './series.ts';

const WINDOW = 5_000;

function answer(times: number[], values: (number | null)[]): Series {
  return fromAnswer({ resolution_ms: 1_000, times, figures: [{ name: 'cpu_pct', values }] }, ['cpu_pct']);
}

function points(series: Series): [number, number | null][] {
  const column = series.columns.get('cpu_pct') ?? [];
  return series.times.map((time, index) => [time, column[index] ?? null]);
}

function at(series: Series, time: number, value: number): Series {
  return hold(series, time, time, { cpu_pct: value }, WINDOW);
}

describe('fromAnswer', () => {
  it('keeps gaps, and fills holes of the answer with gaps', () => {
    expect(points(answer([1_000, 2_000, 5_000], [1, null, 3]))).toEqual([
      [1_000, 1],
      [2_000, null],
      [3_000, null],
      [4_000, null],
      [5_000, 3],
    ]);
  });

  it('draws nothing for what is no finite number or is missing', () => {
    expect(points(answer([0, 1_000, 2_000], [NaN, Infinity]))).toEqual([
      [0, null],
      [1_000, null],
      [2_000, null],
    ]);
    expect(fromAnswer({ resolution_ms: 0, times: [], figures: [] }, ['tps']).columns.get('tps')).toEqual([]);
  });
});

describe('hold', () => {
  it('begins with the first value heard', () => {
    expect(points(at(empty(1_000, ['cpu_pct']), 7_400, 5))).toEqual([[7_000, 5]]);
  });

  it('appends to the history and trims to the window', () => {
    let series = answer([0, 1_000], [1, 2]);
    for (let time = 2_000; time <= 8_000; time += 1_000) {
      series = at(series, time, time);
    }
    expect(points(series).map(([time]) => time)).toEqual([3_000, 4_000, 5_000, 6_000, 7_000, 8_000]);
    expect(points(series).at(-1)).toEqual([8_000, 8_000]);
  });

  it('leaves a gap where a tick is missing', () => {
    expect(points(at(answer([0], [1]), 3_200, 4))).toEqual([
      [0, 1],
      [1_000, null],
      [2_000, null],
      [3_000, 4],
    ]);
  });

  it('fills what a value held for, without touching history', () => {
    const series = hold(answer([0, 1_000, 2_000], [1, null, 3]), 900, 3_100, { cpu_pct: 9 }, WINDOW);
    expect(points(series)).toEqual([
      [0, 1],
      [1_000, 9],
      [2_000, 3],
      [3_000, 9],
    ]);
  });

  it('averages what is heard in one point, but never into history', () => {
    let series = answer([0], [1]);
    series = at(series, 500, 99);
    expect(points(series)).toEqual([[0, 1]]);
    series = at(at(at(series, 1_000, 3), 1_300, 6), 1_900, 9);
    expect(points(series).at(-1)).toEqual([1_000, 6]);
  });

  it('takes a late point where nothing was, and ignores one from before the chart', () => {
    const series = at(at(answer([5_000], [1]), 8_000, 4), 6_000, 2);
    expect(points(series)).toEqual([
      [5_000, 1],
      [6_000, 2],
      [7_000, null],
      [8_000, 4],
    ]);
    expect(at(series, 1_000, 7)).toBe(series);
    // The late point did not count as one of the last.
    expect(points(at(series, 8_500, 8)).at(-1)).toEqual([8_000, 6]);
  });

  it('begins anew after a jump past the window, instead of filling years with gaps', () => {
    expect(points(at(answer([0], [1]), 86_400_000, 2))).toEqual([[86_400_000, 2]]);
  });

  it('draws nothing for null and NaN', () => {
    let series = hold(answer([0], [1]), 1_000, 1_000, { cpu_pct: NaN }, WINDOW);
    series = hold(series, 2_000, 2_000, { cpu_pct: null }, WINDOW);
    expect(points(hold(series, 3_000, 3_000, {}, WINDOW)).map(([, value]) => value)).toEqual([
      1,
      null,
      null,
      null,
    ]);
  });
});

describe('silence and forgetAfter', () => {
  it('end the line where it was last heard', () => {
    let series = at(at(at(answer([0], [1]), 1_000, 2), 2_000, 2), 3_000, 2);
    series = silence(forgetAfter(series, 1_400), 4_000, WINDOW);
    expect(points(series)).toEqual([
      [0, 1],
      [1_000, 2],
      [2_000, null],
      [3_000, null],
      [4_000, null],
    ]);
    expect(summary(series.columns.get('cpu_pct') ?? []).latest).toBeNull();
  });

  it('take nothing back that is newer than all points', () => {
    const series = answer([0, 1_000], [1, 2]);
    expect(forgetAfter(series, 1_500)).toBe(series);
  });
});

describe('merge', () => {
  it('has each point once: history first, live where history had nothing', () => {
    const history = answer([0, 1_000, 2_000, 3_000], [1, null, 3, null]);
    const live = at(at(at(empty(1_000, ['cpu_pct']), 2_000, 33), 3_000, 44), 4_000, 55);
    expect(points(merge(history, live, WINDOW))).toEqual([
      [0, 1],
      [1_000, null],
      [2_000, 3],
      [3_000, 44],
      [4_000, 55],
    ]);
  });

  it('averages live points into the coarser ones of a long history', () => {
    const figures = [{ name: 'cpu_pct', values: [10] }];
    const history = fromAnswer({ resolution_ms: 10_000, times: [0], figures }, ['cpu_pct']);
    const live = at(at(at(empty(1_000, ['cpu_pct']), 9_000, 99), 10_000, 20), 11_000, 40);
    expect(points(merge(history, live, 60_000))).toEqual([
      [0, 10],
      [10_000, 30],
    ]);
  });
});

describe('summary', () => {
  it('counts what is there', () => {
    expect(summary([2, null, 4, 6])).toEqual({ latest: 6, min: 2, max: 6, mean: 4 });
    expect(summary([null, null])).toEqual({ latest: null, min: null, max: null, mean: null });
    expect(summary([])).toEqual({ latest: null, min: null, max: null, mean: null });
  });
});
