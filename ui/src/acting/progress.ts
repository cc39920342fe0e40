// An action as it goes: the twin of `Action::apply` in the API, and the order in which targets are shown.

import type { Action, ActionProgress, ActionStatus, ActionTarget } from '../api/schema.ts';
import { actionWords, countWords, totalOf } from './words.ts';

/** What needs a person first, then what goes on, then what is done. */
const ORDER: Readonly<Record<ActionStatus, number>> = {
  FAILED: 0,
  UNKNOWN: 1,
  RUNNING: 2,
  PENDING: 3,
  SUCCEEDED: 4,
};

export function isFinal(status: ActionStatus): boolean {
  return status === 'SUCCEEDED' || status === 'FAILED' || status === 'UNKNOWN';
}

/** The action with what changed; targets that it does not have are left out. */
export function applyProgress(action: Action, progress: ActionProgress): Action {
  const changed = new Map(progress.targets.map((target) => [target.path, target]));
  return {
    ...action,
    status: progress.status,
    completed_at: progress.completed_at ?? null,
    expires_at: progress.expires_at,
    waits: progress.waits ?? null,
    approval: progress.approval ?? null,
    counts: progress.counts,
    targets: action.targets.map((target) => changed.get(target.path) ?? target),
  };
}

/** Failed first; those of one status stay in the order asked. */
export function sortedTargets(targets: readonly ActionTarget[]): ActionTarget[] {
  return targets.toSorted((a, b) => ORDER[a.status] - ORDER[b.status]);
}

/** The targets to do again: those that failed, and those of which nobody knows. */
export function unfinished(targets: readonly ActionTarget[]): string[] {
  return targets.filter(({ status }) => status === 'FAILED' || status === 'UNKNOWN').map(({ path }) => path);
}

/** Milliseconds from the acceptance to the last outcome, or to `now` while there is none. */
export function elapsedMs(action: Pick<Action, 'created_at' | 'completed_at'>, now: number): number {
  const end = action.completed_at ? Date.parse(action.completed_at) : now;
  return Math.max(0, end - Date.parse(action.created_at));
}

/** Milliseconds that a target took or has taken; null before it began. */
export function targetMs(target: ActionTarget, now: number): number | null {
  if (!target.started_at) return null;
  const end = target.finished_at ? Date.parse(target.finished_at) : now;
  return Math.max(0, end - Date.parse(target.started_at));
}

/** For a toast: `Restart of 12 applications: 2 failed, 10 succeeded`. */
export function outcomeWords(action: Action): string {
  const paths = action.targets.map(({ path }) => path);
  const total = totalOf(action.counts);
  return `${actionWords(action.operation, paths, total, action.custom?.name)}: ${total === 1 ? oneWord(action.status) : countWords(action.counts)}`;
}

function oneWord(status: ActionStatus): string {
  return status === 'PENDING' ? 'waiting' : status.toLowerCase();
}
