// What of an object's events is marked on the time axis of its charts.

import type { Event } from '../api/schema.ts';
import type { Mark } from '../chart/paint.ts';
import { plain, sentence } from '../event/sentence.ts';
import { toneOf } from '../parts/tone.ts';

/** Changes of state, and the beginning and end of actions; what an agent sends daily is not marked. */
export const MARKED: ReadonlySet<string> = new Set([
  'ServerStatusChanged',
  'ServerRegistered',
  'ApplicationChanged',
  'ServiceChanged',
  'TaskChanged',
  'StepStarted',
  'StepFinished',
  'StepExpired',
]);

export function marksOf(events: readonly Event[]): Mark[] {
  return events
    .filter((event) => MARKED.has(event.kind))
    .map((event) => {
      const parts = sentence(event);
      const status = parts.find((part) => typeof part === 'object' && 'status' in part);
      return {
        key: event.seq,
        time: Date.parse(event.time),
        tone: status && typeof status === 'object' && 'status' in status ? toneOf(status.status) : 'idle',
        text: plain(parts),
      };
    });
}
