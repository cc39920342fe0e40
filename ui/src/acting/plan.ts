// A plan as the dialog shows it: what happens to how many, and the targets by application.

import type { ActionPlan, PlannedTarget } from '../api/schema.ts';
import { counted, nameOf } from './words.ts';

/** How a no-op ends in the master's words. */
const NOTHING = 'nothing happens';

/** Targets with the same effect. */
export interface Effect {
  words: string;
  count: number;
}

export interface Summary {
  total: number;
  /** Targets for which nothing happens. */
  idle: number;
  /** Effects, the most frequent first. */
  effects: Effect[];
}

export type PlanLine = { group: string; count: number } | { target: PlannedTarget };

export function isIdle(target: PlannedTarget): boolean {
  return target.effect.endsWith(NOTHING);
}

export function summarise(plan: Pick<ActionPlan, 'operation' | 'targets'>): Summary {
  const counts = new Map<string, number>();
  for (const { effect } of plan.targets) counts.set(effect, (counts.get(effect) ?? 0) + 1);
  const effects = Array.from(counts, ([words, count]) => ({ words, count }));
  return {
    total: plan.targets.length,
    idle: plan.targets.filter(isIdle).length,
    effects: effects.sort((a, b) => b.count - a.count || a.words.localeCompare(b.words)),
  };
}

/** The plan in one line: `9 applications change; nothing happens for 3 of 12.` */
export function summaryWords({ total, idle }: Summary): string {
  if (total === 0) return 'No application is left to act on.';
  if (idle === total)
    return total === 1 ? 'Nothing happens.' : `Nothing happens for all ${counted(total, 'application')}.`;
  if (idle === 0) return total === 1 ? '' : `All ${counted(total, 'application')} change.`;
  const changes =
    total - idle === 1 ? '1 application changes' : `${counted(total - idle, 'application')} change`;
  return `${changes}; nothing happens for ${idle.toLocaleString('en-GB')} of ${total.toLocaleString('en-GB')}.`;
}

/**
 * The lines of the list. Rolling plans stay in the order in which they are done; others are put together
 * by application name once there is more than one name and more targets than names.
 */
export function planLines(targets: readonly PlannedTarget[], rolling: boolean): PlanLine[] {
  if (targets.some(({ wave }) => wave > 1)) return waveLines(targets);
  if (rolling) return batchLines(targets);
  const groups = grouped(targets, (target) => nameOf(target.path));
  if (groups.size === 1 || groups.size === targets.length) return targets.map((target) => ({ target }));
  return Array.from(groups)
    .sort(([a, these], [b, those]) => those.length - these.length || a.localeCompare(b))
    .flatMap(([group, members]) => [
      { group, count: members.length },
      ...members.map((target) => ({ target })),
    ]);
}

function batchLines(targets: readonly PlannedTarget[]): PlanLine[] {
  const batches = grouped(targets, (target) => target.batch);
  // One target a batch needs no headings: the order says it all.
  if (batches.size === targets.length) return targets.map((target) => ({ target }));
  return Array.from(batches)
    .sort(([a], [b]) => a - b)
    .flatMap(([batch, members]) => [
      { group: `Batch ${batch}`, count: members.length },
      ...members.map((target) => ({ target })),
    ]);
}

function waveLines(targets: readonly PlannedTarget[]): PlanLine[] {
  return Array.from(grouped(targets, (target) => target.wave)).flatMap(([wave, members]) => [
    { group: `Wave ${wave}`, count: members.length },
    ...members.map((target) => ({ target })),
  ]);
}

function grouped<T, K>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const members = groups.get(key);
    if (members) members.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}

/** How a rolling action goes, in words. */
export function rollingWords(
  total: number,
  batch: number,
  waitS: number,
  onError: 'stop' | 'continue',
): string {
  const batches = Math.ceil(total / batch);
  const size = batch === 1 ? 'one at a time' : `${batch.toLocaleString('en-GB')} at a time`;
  const wait = waitS === 0 ? '' : `, ${waitS} s between`;
  const error = onError === 'stop' ? 'the first failure stops the rest' : 'goes on after failures';
  return `${counted(batches, 'batch', 'batches')}, ${size}${wait}; ${error}`;
}
