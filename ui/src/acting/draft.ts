// What the dialog has been told so far, and the request that comes of it.
//
// Invariants
// - The request names the very targets of the plan that was shown, never a filter: what changes meanwhile is
//   not acted on unseen, and the same id sent again always has the same content.

import type { ActionRequest, Operation, Rolling } from '../api/schema.ts';
import { customProblem, orderOf, type CustomDraft } from './custom.ts';
import { DEPLOYMENTS, nameOf, takesPackage } from './words.ts';

/** Longest reason, in bytes; the master's bound. */
export const REASON_MAX = 1_000;
/** Above this many targets, stop and restart ask for the number: five are still read one by one. */
export const READ_ONE_BY_ONE = 5;
/** Bounds of what a rolling action may be told. */
export const BATCH_MAX = 10_000;
export const PERCENT_MAX = 100;
export const WAIT_S_MAX = 3_600;
/** Time when nothing else is said, in seconds, for each batch of a rolling action: a slow start with its stop grace fits. */
export const TIMEOUT_S = 120;
/** The same for what brings a package: a large one over a slow line, its start, and the start of the old one again. */
export const DEPLOYMENT_TIMEOUT_S = 900;

export type OnError = NonNullable<Rolling['on_error']>;

/** What a person chose; numbers are the texts of their fields' values. */
export interface Draft {
  operation: Operation;
  /** `NAME@VERSION`; empty for none, of a rollback the version before. */
  package: string;
  /** The custom action, of `act`. */
  custom: CustomDraft | null;
  reason: string;
  rolling: boolean;
  batch: number | null;
  /** The batch is so many percent of the targets, not so many of them. */
  inPercent: boolean;
  waitS: number | null;
  onError: OnError;
  timeoutS: number;
  /** In the order of what depends on what. */
  waves: boolean;
  /** A person says before each batch that it may begin. */
  ask: boolean;
  /** When it begins, as it was typed; now when empty. */
  at: string;
  /** Act although a guard refuses. */
  override: boolean;
}

/** Problems by field, in words; empty when the draft can be sent. */
export type Problems = Partial<Record<'reason' | 'batch' | 'waitS' | 'at' | 'custom', string>>;

export function newDraft(operation: Operation): Draft {
  return {
    operation,
    package: '',
    custom: null,
    reason: '',
    rolling: false,
    batch: 1,
    inPercent: false,
    waitS: 0,
    onError: 'stop',
    timeoutS: DEPLOYMENTS.includes(operation) ? DEPLOYMENT_TIMEOUT_S : TIMEOUT_S,
    waves: false,
    ask: false,
    at: '',
    override: false,
  };
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
  if (draft.override && bytes === 0) problems.reason = 'say why the guards are overridden';
  if (draft.at.trim() !== '' && momentOf(draft.at) === null)
    problems.at = 'write a time like 2026-11-29T22:00';
  const custom = draft.custom === null ? null : customProblem(draft.custom);
  if (custom !== null) problems.custom = custom;
  if (!draft.rolling) return problems;
  const most = mostOf(draft);
  if (!within(draft.batch, 1, most))
    problems.batch = `give a whole number from 1 to ${most.toLocaleString('en-GB')}`;
  if (!within(draft.waitS, 0, WAIT_S_MAX)) problems.waitS = 'give a whole number of seconds from 0 to 3,600';
  return problems;
}

/** The largest batch, in its unit. */
export function mostOf({ inPercent }: Pick<Draft, 'inPercent'>): number {
  return inPercent ? PERCENT_MAX : BATCH_MAX;
}

/** Targets at a time of so many: a share is rounded up, as the master does. */
export function batchOf({ batch, inPercent }: Pick<Draft, 'batch' | 'inPercent'>, total: number): number {
  const size = batch ?? 1;
  return inPercent ? Math.max(1, Math.ceil((total * size) / 100)) : size;
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
    // A custom action's own time counts, which the master knows.
    ...(draft.custom === null ? { timeout_ms: draft.timeoutS * 1_000 } : {}),
    ...(reason === '' ? {} : { reason }),
    ...packageOf(draft),
    ...customOf(draft),
    ...rollingOf(draft),
    ...termsOf(draft),
    ...(draft.override ? { override_guards: true } : {}),
  };
}

/** A time as it was typed, as the API takes it; null when it is none. A time without an offset is the browser's. */
function momentOf(text: string): string | null {
  const at = Date.parse(text.trim());
  return Number.isFinite(at) ? new Date(at).toISOString() : null;
}

/** The part of a request about waves, questions and time; also for dry runs. */
export function termsOf(draft: Draft): { waves?: true; ask?: true; at?: string } {
  const at = draft.at.trim() === '' ? null : momentOf(draft.at);
  return {
    ...(draft.waves ? { waves: true } : {}),
    ...(draft.ask ? { ask: true } : {}),
    ...(at === null ? {} : { at }),
  };
}

/** The part of a request about a package; also for dry runs. */
export function packageOf(draft: Draft): { package?: string } {
  return takesPackage(draft.operation) && draft.package !== '' ? { package: draft.package } : {};
}

/** The part of a request about a custom action; also for dry runs. */
export function customOf(draft: Draft): Pick<ActionRequest, 'custom'> {
  return draft.custom === null ? {} : { custom: orderOf(draft.custom) };
}

/** The part of a request about rolling; also for dry runs, so that the plan shows its batches. */
export function rollingOf(draft: Draft): { rolling?: Rolling } {
  if (!draft.rolling || draft.batch === null || draft.waitS === null) return {};
  const size = draft.inPercent ? { percent: draft.batch } : { batch: draft.batch };
  return { rolling: { ...size, wait_ms: draft.waitS * 1_000, on_error: draft.onError } };
}

/**
 * True when one at a time is the better suggestion: instances of one application would be down together.
 */
export function suggestsRolling(operation: Operation, targets: readonly string[]): boolean {
  return operation !== 'start' && operation !== 'act' && new Set(targets.map(nameOf)).size < targets.length;
}

/** True when the number has to be typed. */
export function asksForNumber(operation: Operation, targets: number): boolean {
  return operation !== 'start' && targets > READ_ONE_BY_ONE;
}
