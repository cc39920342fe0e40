// The figures that charts know: what each is called, what it counts, and how its axis is divided.

import { bytes, bytesPerSecond, millis, percent, rate, UNKNOWN } from '../state/format.ts';
import { shortNumber } from '../state/number.ts';

export type Unit = 'percent' | 'bytes' | 'bytes_per_second' | 'per_second' | 'milliseconds' | 'number';

export interface Figure {
  label: string;
  unit: Unit;
}

/** By the names that rows, filters and the chart route use. */
const FIGURES = {
  cpu_pct: { label: 'CPU', unit: 'percent' },
  memory_pct: { label: 'Memory', unit: 'percent' },
  load1: { label: 'Load over 1 min', unit: 'number' },
  swap_pct: { label: 'Swap', unit: 'percent' },
  disk_pct: { label: 'Fullest disk', unit: 'percent' },
  network_rx_bytes_per_s: { label: 'Received', unit: 'bytes_per_second' },
  network_tx_bytes_per_s: { label: 'Sent', unit: 'bytes_per_second' },
  memory_bytes: { label: 'Memory', unit: 'bytes' },
  tps: { label: 'Transactions', unit: 'per_second' },
  error_pct: { label: 'Errors', unit: 'percent' },
  latency_p50_ms: { label: 'Median', unit: 'milliseconds' },
  latency_p95_ms: { label: '95th percentile', unit: 'milliseconds' },
} as const satisfies Record<string, Figure>;

export type FigureName = keyof typeof FIGURES;

export function figure(name: FigureName): Figure {
  return FIGURES[name];
}

/** A value with its unit, as tables show it; a dash for none. */
export function valueWords(unit: Unit, value: number | null): string {
  if (value === null) {
    return UNKNOWN;
  }
  switch (unit) {
    case 'percent':
      return percent(value);
    case 'bytes':
      return bytes(value);
    case 'bytes_per_second':
      return bytesPerSecond(value);
    case 'per_second':
      return `${rate(value)}/s`;
    case 'milliseconds':
      return millis(value);
    case 'number':
      return value.toFixed(2);
  }
}

/** Words beside an axis: as short as the unit allows. */
export function axisWords(unit: Unit, value: number): string {
  switch (unit) {
    case 'percent':
      return `${shortNumber(value)}%`;
    case 'bytes':
      return shortBytes(value);
    case 'bytes_per_second':
      return `${shortBytes(value)}/s`;
    case 'milliseconds':
      return value >= 1_000 ? `${shortNumber(value / 1_000)}s` : `${shortNumber(value)}ms`;
    case 'per_second':
    case 'number':
      return shortNumber(value);
  }
}

const POWERS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

function shortBytes(value: number): string {
  const power = value < 1 ? 0 : Math.min(Math.floor(Math.log2(value) / 10), POWERS.length - 1);
  return `${shortNumber(value / 1024 ** power)}${POWERS[power] ?? 'B'}`;
}

/** Distances between the lines of an axis: bytes come in powers of two, all else in powers of ten. */
export function increments(unit: Unit): number[] {
  if (unit === 'bytes' || unit === 'bytes_per_second') {
    return Array.from({ length: 52 }, (_, power) => 2 ** power);
  }
  const steps: number[] = [];
  for (let power = -2; power <= 12; power += 1) {
    steps.push(...[1, 2, 5].map((step) => Number((step * 10 ** power).toPrecision(1))));
  }
  return steps;
}

/** The least that the top of an axis is, so that noise near nothing looks like nothing. */
const LEAST_TOP: Readonly<Record<Unit, number>> = {
  percent: 5,
  bytes: 1024 ** 2,
  bytes_per_second: 1024,
  per_second: 1,
  milliseconds: 1,
  number: 1,
};

/** The top of an axis from zero: a little above the highest value, but never above what a whole is. */
export function axisTop(unit: Unit, highest: number | null, whole: number | null): number {
  if (whole !== null && (highest === null || highest <= whole)) {
    return whole;
  }
  return Math.max(LEAST_TOP[unit], (highest ?? 0) * 1.1);
}
