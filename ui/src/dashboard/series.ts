// The series of a widget as a chart takes them: all on the same times, with gaps where points are missing, added up when
// they are stacked.

import type { WidgetSeries } from '../api/schema.ts';

/** Two points that are further apart than so many steps have a gap between them, as in pictures of the master. */
const GAP_STEPS = 2.5;

/** Times, and a column for each series: null is a gap, undefined a time that is not its own. */
export interface Aligned {
  times: number[];
  columns: (number | null | undefined)[][];
}

export function aligned(series: readonly WidgetSeries[], stacked: boolean): Aligned {
  const gaps = series.map(({ times, step_ms }) => gapsOf(times, step_ms));
  const all = new Set<number>();
  for (const { times } of series) for (const time of times) all.add(time);
  if (!stacked) for (const times of gaps) for (const time of times) all.add(time);
  const times = [...all].sort((a, b) => a - b);
  const places = new Map(times.map((time, place) => [time, place]));
  const columns = series.map(({ times: own, values }, index) => {
    const column = new Array<number | null | undefined>(times.length).fill(undefined);
    own.forEach((time, point) => (column[places.get(time) ?? 0] = values[point]));
    if (!stacked) for (const time of gaps[index] ?? []) column[places.get(time) ?? 0] = null;
    return column;
  });
  return { times, columns: stacked ? addedUp(columns) : columns };
}

/** Moments within gaps. */
function gapsOf(times: readonly number[], stepMs: number): number[] {
  const gap = stepMs * GAP_STEPS;
  return times.flatMap((time, index) => {
    const next = times[index + 1];
    return next !== undefined && gap > 0 && next - time > gap ? [time + stepMs] : [];
  });
}

/** A series that has no value at a time adds nothing there. */
function addedUp(columns: readonly (number | null | undefined)[][]): number[][] {
  let below: readonly number[] = [];
  return columns.map((column) => {
    const sum = column.map((value, place) => (below[place] ?? 0) + (value ?? 0));
    below = sum;
    return sum;
  });
}

/** The last value of a series; null when it has none. */
export function latest({ values }: WidgetSeries): number | null {
  return values.at(-1) ?? null;
}

/** What a chart shows, in words. */
export function seriesWords(
  series: readonly WidgetSeries[],
  write: (value: number | null) => string,
): string {
  if (series.every(({ values }) => values.length === 0)) return 'no data in this time';
  return series
    .map((one) => {
      const [low, high] = [Math.min(...one.values), Math.max(...one.values)];
      const range = one.values.length > 1 ? `, lowest ${write(low)}, highest ${write(high)}` : '';
      return `${one.label}: latest ${write(latest(one))}${range}`;
    })
    .join('; ');
}
