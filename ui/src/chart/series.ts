// The points of a chart: history as the master sent it, then what is heard while one looks.
//
// Nothing here knows the screen, the network or the clock. All is copied, nothing changed in place,
// so that whoever holds an older state (a drawing under way) is not surprised.
//
// Invariants
// - S-1: times ascend by exactly one resolution: a point that was not heard is a row of nulls, never a missing row.
// - S-2: a value is a finite number or null; null is never drawn across.
// - S-3: what history knows is never overwritten by what was heard meanwhile.

/** What `GET /api/v1/charts/{path}` answers, as far as points go. */
export interface ChartAnswer {
  resolution_ms: number;
  times: readonly number[];
  figures: readonly { name: string; values: readonly (number | null)[] }[];
}

export type Value = number | null;
export type Values = Readonly<Record<string, number | null | undefined>>;

export interface Series {
  /** From one point to the next. */
  readonly resolutionMs: number;
  /** When each point begins: milliseconds since the Unix epoch. */
  readonly times: readonly number[];
  /** One column a figure, as long as `times`. */
  readonly columns: ReadonlyMap<string, readonly Value[]>;
  /** Live values that the last point averages; 0 when history made it. */
  readonly heard: number;
}

/** What a column says in numbers. */
export interface Summary {
  latest: Value;
  min: Value;
  max: Value;
  mean: Value;
}

/** A value as it may be drawn: NaN and infinities are not. */
function drawable(value: number | null | undefined): Value {
  return value !== null && value !== undefined && Number.isFinite(value) ? value : null;
}

export function empty(resolutionMs: number, figures: readonly string[]): Series {
  return { resolutionMs, times: [], columns: new Map(figures.map((name) => [name, []])), heard: 0 };
}

/** The points of an answer. Should it have holes, they are filled with nulls (S-1). */
export function fromAnswer(answer: ChartAnswer, figures: readonly string[]): Series {
  const resolutionMs = Math.max(1, answer.resolution_ms);
  const [first] = answer.times;
  const last = answer.times.at(-1);
  if (first === undefined || last === undefined) {
    return empty(resolutionMs, figures);
  }
  const count = Math.floor((last - first) / resolutionMs) + 1;
  const times = Array.from({ length: count }, (_, index) => first + index * resolutionMs);
  const columns = new Map<string, Value[]>();
  for (const name of figures) {
    const column: Value[] = Array.from({ length: count }, () => null);
    const values = answer.figures.find((figure) => figure.name === name)?.values ?? [];
    for (const [index, time] of answer.times.entries()) {
      column[Math.floor((time - first) / resolutionMs)] = drawable(values[index]);
    }
    columns.set(name, column);
  }
  return { resolutionMs, times, columns, heard: 0 };
}

/** Where a time falls: negative before the first point, past the end after the last. */
function indexOf(series: Series, time: number): number {
  const first = series.times[0] ?? Math.floor(time / series.resolutionMs) * series.resolutionMs;
  return Math.floor((time - first) / series.resolutionMs);
}

/**
 * Adds values that held from one time to another, and drops what is older than the window.
 *
 * The points between that history left open are filled; the last one averages what is heard in its
 * time; between the last point and `from` the gap stays a gap. What is older than the first point is too late.
 */
export function hold(series: Series, from: number, to: number, values: Values, windowMs: number): Series {
  const { resolutionMs } = series;
  const start = series.times[0] ?? Math.floor(from / resolutionMs) * resolutionMs;
  const times = series.times.length > 0 ? [...series.times] : [start];
  const fresh = series.times.length === 0;
  const last = times.length - 1;
  const at = Math.floor((to - start) / resolutionMs);
  if (at < 0) {
    return series;
  }
  const since = Math.max(0, Math.floor((Math.min(from, to) - start) / resolutionMs));
  // A clock that jumped by more than the window: what was before is not on the chart any more.
  if (at - last > windowMs / resolutionMs + 1) {
    return hold(empty(resolutionMs, [...series.columns.keys()]), to, to, values, windowMs);
  }
  for (let index = times.length; index <= at; index += 1) {
    times.push(start + index * resolutionMs);
  }
  const averages = at === last && !fresh ? series.heard : 0;
  const columns = new Map<string, readonly Value[]>();
  for (const [name, before] of series.columns) {
    const column = [...before];
    const value = drawable(values[name]);
    while (column.length < times.length) {
      column.push(null);
    }
    for (let index = since; index <= at; index += 1) {
      const had = column[index] ?? null;
      if (had === null) {
        column[index] = value;
      } else if (index === at && averages > 0 && value !== null) {
        column[index] = had + (value - had) / (averages + 1);
      }
    }
    columns.set(name, column);
  }
  const heard = at > last || fresh ? 1 : at === last && averages > 0 ? averages + 1 : series.heard;
  return trim({ resolutionMs, times, columns, heard }, windowMs);
}

/** Goes on to a time at which nothing is known. */
export function silence(series: Series, to: number, windowMs: number): Series {
  return hold(series, to, to, {}, windowMs);
}

/** Takes back what was held after a time: nothing was heard since, as it turned out. */
export function forgetAfter(series: Series, time: number): Series {
  const from = indexOf(series, time) + 1;
  if (from >= series.times.length) {
    return series;
  }
  const columns = new Map<string, readonly Value[]>();
  for (const [name, column] of series.columns) {
    columns.set(
      name,
      column.map((value, index) => (index < from ? value : null)),
    );
  }
  return { ...series, columns };
}

/** History with what was heard while it was fetched (S-3). */
export function merge(history: Series, live: Series, windowMs: number): Series {
  let merged = history;
  for (const [index, time] of live.times.entries()) {
    const values: Record<string, Value> = {};
    let known = false;
    for (const [name, column] of live.columns) {
      const value = column[index] ?? null;
      values[name] = value;
      known ||= value !== null;
    }
    if (known) {
      merged = hold(merged, time, time, values, windowMs);
    }
  }
  return merged;
}

/** Without the points that lie more than the window before the last. */
function trim(series: Series, windowMs: number): Series {
  const last = series.times.at(-1);
  if (last === undefined) {
    return series;
  }
  const drop = Math.floor((last - windowMs - (series.times[0] ?? last)) / series.resolutionMs);
  if (drop <= 0) {
    return series;
  }
  const columns = new Map<string, readonly Value[]>();
  for (const [name, column] of series.columns) {
    columns.set(name, column.slice(drop));
  }
  return { ...series, times: series.times.slice(drop), columns };
}

/** The numbers of a column; all null when it has none. */
export function summary(column: readonly Value[]): Summary {
  let [sum, count] = [0, 0];
  let [latest, min, max]: [Value, Value, Value] = [null, null, null];
  for (const value of column) {
    if (value === null) {
      continue;
    }
    latest = value;
    min = min === null ? value : Math.min(min, value);
    max = max === null ? value : Math.max(max, value);
    sum += value;
    count += 1;
  }
  // The latest is what is known now: after a gap there is none.
  latest = column.at(-1) === null ? null : latest;
  return { latest, min, max, mean: count === 0 ? null : sum / count };
}
