// What the dialog has been told so far, and the request that comes of it.
//
// Invariants
// - The request names the very targets of the plan that was shown, never a filter: what changes meanwhile is
//   not acted on unseen, and the same id sent again always has the same content.

import type { ActionRequest, Operation, Rolling } from '../api/schema.ts';
import { nameOf } from './words.ts';

/** Longest reason, in bytes; the master's bound. */
export const REASON_MAX = 1_000;
/** Above this many targets, stop and restart ask for the number: five are still read one by one. */
export const READ_ONE_BY_ONE = 5;
/** Bounds of what a rolling action may be told. */
export const BATCH_MAX = 10_000;
export const WAIT_S_MAX = 3_600;
/** Time when nothing else is said, in seconds, for each batch of a rolling action: a slow start with its stop grace fits. */
export const TIMEOUT_S = 120;

export type OnError = NonNullable<Rolling['on_error']>;

/** What a person chose; numbers are the texts of their fields' values. */
export interface Draft {
  operation: Operation;
  reason: string;
  rolling: boolean;
  batch: number | null;
  waitS: number | null;
  onError: OnError;
  timeoutS: number;
}

/** Problems by field, in words; empty when the draft can be sent. */
export type Problems = Partial<Record<'reason' | 'batch' | 'waitS', string>>;

export function newDraft(operation: Operation): Draft {
  return { operation, reason: '', rolling: false, batch: 1, waitS: 0, onError: 'stop', timeoutS: TIMEOUT_S };
}

export function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}

export function problemsOf(draft: Draft): Problems {
  const problems: Problems = {};
  const bytes = bytesOf(draft.reason.trim());
  if (bytes > REASON_MAX) {
    problems.reason = `the reason has ${bytes.toLocaleString('en-GB')} bytes; at most 1,000 are kept`;
  }
  if (!draft.rolling) return problems;
  if (!within(draft.batch, 1, BATCH_MAX)) problems.batch = 'give a whole number from 1 to 10,000';
  if (!within(draft.waitS, 0, WAIT_S_MAX)) problems.waitS = 'give a whole number of seconds from 0 to 3,600';
  return problems;
}

function within(value: number | null, least: number, most: number): boolean {
  return value !== null && Number.isInteger(value) && value >= least && value <= most;
}

/** The request for a draft on targets. */
export function toRequest(draft: Draft, targets: readonly string[], id: string): ActionRequest {
  const reason = draft.reason.trim();
  return {
    id,
    operation: draft.operation,
    targets: [...targets],
    timeout_ms: draft.timeoutS * 1_000,
    ...(reason === '' ? {} : { reason }),
    ...rollingOf(draft),
  };
}

/** The part of a request about rolling; also for dry runs, so that the plan shows its batches. */
export function rollingOf(draft: Draft): { rolling?: Rolling } {
  if (!draft.rolling || draft.batch === null || draft.waitS === null) return {};
  return { rolling: { batch: draft.batch, wait_ms: draft.waitS * 1_000, on_error: draft.onError } };
}

/**
 * True when one at a time is the better suggestion: instances of one application would be down together.
 */
export function suggestsRolling(operation: Operation, targets: readonly string[]): boolean {
  return operation !== 'start' && new Set(targets.map(nameOf)).size < targets.length;
}

/** True when the number has to be typed. */
export function asksForNumber(operation: Operation, targets: number): boolean {
  return operation !== 'start' && targets > READ_ONE_BY_ONE;
}
