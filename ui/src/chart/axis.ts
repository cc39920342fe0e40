// The time axis in words: as much of a moment as its neighbours leave open, in the zone of the preference.

import { preferences, type Zone } from '../state/preferences.svelte.ts';
import { time, zoneName } from '../state/format.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const MONTH_MS = 30 * DAY_MS;

/** Distances on the axis: whole seconds, minutes, hours, days; then months and years, as uPlot counts them. */
export const STEPS_MS = [
  ...[1, 5, 10, 15, 30].map((seconds) => seconds * 1_000),
  ...[1, 2, 5, 10, 30].map((minutes) => minutes * MINUTE_MS),
  ...[1, 2, 3, 6, 12].map((hours) => hours * 60 * MINUTE_MS),
  ...[1, 2, 3, 5, 7, 10, 14].map((days) => days * DAY_MS),
  ...[1, 2, 3, 6].map((months) => months * MONTH_MS),
  ...[1, 2, 5].map((years) => years * 365 * DAY_MS),
];

/** What stands below a moment on an axis of such steps: a time, or at midnight the date that begins. */
export function axisTime(at: number, stepMs: number, zone: Zone = preferences.zone): string {
  const [date = '', clock = ''] = time(at, zone).split(' ');
  if (stepMs >= MONTH_MS) {
    return date.slice(0, 7);
  }
  if (stepMs >= DAY_MS) {
    return date.slice(5);
  }
  if (stepMs < MINUTE_MS) {
    return clock;
  }
  return clock.startsWith('00:00') ? date.slice(5) : clock.slice(0, 5);
}

/** The zone that dates begin in; undefined for the browser's own. */
export function axisZone(): string | undefined {
  return zoneName(preferences.zone);
}
