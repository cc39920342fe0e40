// Numbers, spans and times as people read them: the words and units of the command line.
// An unknown value is `–`, and never 0; so is one that is not a number.

import { live } from '../live/connection.svelte.ts';
import { preferences } from './preferences.svelte.ts';
import type { Zone } from './preferences.svelte.ts';

/** What is shown for an unknown value. */
export const UNKNOWN = '–';

type Maybe = number | null | undefined;

function known(value: Maybe): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

/** A span in its two largest units: `3s`, `12m5s`, `2d4h`. */
export function span(seconds: Maybe): string {
  if (!known(seconds)) {
    return UNKNOWN;
  }
  const whole = Math.max(0, Math.floor(seconds));
  const two = (large: number, largeUnit: string, small: number, smallUnit: string): string =>
    small === 0 ? `${large}${largeUnit}` : `${large}${largeUnit}${small}${smallUnit}`;
  const [days, hours, minutes] = [whole / 86_400, (whole / 3_600) % 24, (whole / 60) % 60].map(
    Math.floor,
  ) as [number, number, number];
  if (whole < 60) {
    return `${whole}s`;
  }
  if (whole < 3_600) {
    return two(minutes, 'm', whole % 60, 's');
  }
  return whole < 86_400 ? two(hours, 'h', minutes, 'm') : two(days, 'd', hours, 'h');
}

/** How long something took, in milliseconds: `340ms`, `3.4s`, `12m5s`. */
export function duration(ms: Maybe): string {
  if (!known(ms)) {
    return UNKNOWN;
  }
  if (ms < 1_000) {
    return `${Math.max(0, Math.round(ms))}ms`;
  }
  return ms < 9_950 ? `${(ms / 1_000).toFixed(1)}s` : span(ms / 1_000);
}

/** An age in milliseconds, rounded down: `0s` is what just came. */
export function age(ms: Maybe): string {
  return known(ms) ? span(ms / 1_000) : UNKNOWN;
}

/** How long ago a moment was; `0s` for one that a fast clock puts in the future. */
export function ago(iso: string | null | undefined, now: number = live.now): string {
  const at = Date.parse(iso ?? '');
  return age(now - at);
}

/** How long until a moment, `in 5m`; how long ago it was, once it is over. */
export function until(iso: string | null | undefined, now: number = live.now): string {
  const left = Date.parse(iso ?? '') - now;
  if (!known(left)) {
    return UNKNOWN;
  }
  return left > 0 ? `in ${age(left)}` : `${age(-left)} ago`;
}

const BYTES = ['KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];

/** Bytes in powers of 1,024 with three digits: `512B`, `1.5KiB`, `310GiB`. */
export function bytes(value: Maybe): string {
  if (!known(value)) {
    return UNKNOWN;
  }
  let [size, unit] = [value, 'B'];
  // 1,023.5 would be shown as 1024 of the smaller unit.
  for (const larger of BYTES) {
    if (Math.abs(size) < 1_023.5) {
      break;
    }
    [size, unit] = [size / 1_024, larger];
  }
  return `${size.toFixed(unit === 'B' || Math.abs(size) >= 99.95 ? 0 : 1)}${unit}`;
}

/** Bytes a second. */
export function bytesPerSecond(value: Maybe): string {
  return known(value) ? `${bytes(value)}/s` : UNKNOWN;
}

/** A share of 100. */
export function percent(share: Maybe): string {
  return known(share) ? `${share.toFixed(1)}%` : UNKNOWN;
}

/** A number with one decimal, its thousands set apart. */
export function rate(value: Maybe): string {
  return known(value) ? grouped(value.toFixed(1)) : UNKNOWN;
}

/** Milliseconds; above ten seconds in seconds. */
export function millis(value: Maybe): string {
  if (!known(value)) {
    return UNKNOWN;
  }
  if (value >= 10_000) {
    return `${(value / 1_000).toFixed(1)}s`;
  }
  return `${value.toFixed(value < 10 ? 1 : 0)}ms`;
}

/** A count with its thousands set apart: `1,234,567`. */
export function count(value: Maybe): string {
  return known(value) ? grouped(Math.round(value).toString()) : UNKNOWN;
}

/** A count with its noun: `1 server`, `1,200 servers`. */
export function counted(value: number, noun: string, plural = `${noun}s`): string {
  return `${count(value)} ${value === 1 ? noun : plural}`;
}

function grouped(digits: string): string {
  return digits.replace(/\B(?<!\.\d*)(?=(\d{3})+(?!\d))/g, ',');
}

/** A text that may be missing. */
export function text(value: string | null | undefined): string {
  return value === null || value === undefined || value === '' ? UNKNOWN : value;
}

/** The zone of a preference; undefined for the browser's own. */
export function zoneName(zone: Zone): string | undefined {
  switch (zone) {
    case 'utc':
      return 'UTC';
    case 'server':
      return live.hello?.zone ?? 'UTC';
    case 'viewer':
      return undefined;
  }
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** The fields of a moment in a zone, each with its digits. */
function fields(at: number, zone: string | undefined): Record<string, string> {
  let format = formats.get(zone ?? '');
  if (format === undefined) {
    format = formatOf(zone);
    formats.set(zone ?? '', format);
  }
  return Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
}

function formatOf(zone: string | undefined): Intl.DateTimeFormat {
  const options: Intl.DateTimeFormatOptions = {
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    timeZoneName: 'short',
  };
  try {
    return new Intl.DateTimeFormat('en-GB', zone === undefined ? options : { ...options, timeZone: zone });
  } catch {
    // The browser does not know the server's zone.
    return new Intl.DateTimeFormat('en-GB', { ...options, timeZone: 'UTC' });
  }
}

/** A moment as date and time, `2026-03-01 12:00:00`. */
export function time(at: string | number | null | undefined, zone: Zone = preferences.zone): string {
  const moment = typeof at === 'number' ? at : Date.parse(at ?? '');
  // Further out there are no dates in JavaScript.
  if (!known(moment) || Math.abs(moment) > 8.64e15) {
    return UNKNOWN;
  }
  const { year, month, day, hour, minute, second } = fields(moment, zoneName(zone));
  return `${year}-${month}-${day} ${hour}:${minute}:${second}`;
}

/** A moment as the time of day, `12:00:00`, with the date before it when that is not today's. */
export function clockTime(
  at: string | number | null | undefined,
  precision: 'second' | 'minute' = 'second',
  zone: Zone = preferences.zone,
  now: number = live.now,
): string {
  const whole = time(at, zone);
  const today = time(now, zone).slice(0, 10);
  const shown = whole.startsWith(`${today} `) ? whole.slice(11) : whole;
  return precision === 'minute' && whole !== UNKNOWN ? shown.slice(0, -3) : shown;
}

/** The zone's short name, to be shown once beside times: `UTC`, `CET`. */
export function zoneLabel(zone: Zone = preferences.zone, at: number = live.now): string {
  return fields(at, zoneName(zone))['timeZoneName'] ?? '';
}
