// A problem as a row of a table: its number is what it is known by.

import { joinOf, markId } from '../api/join.ts';
import type { ProblemRow } from '../api/schema.ts';

export type ProblemLine = ProblemRow & {
  /** Its number, as a text; of a joined cluster with that one's name. */
  path: string;
  name: string;
  /** True when it cannot be told whether it still is. */
  stale: boolean;
};

export function lineOf(row: ProblemRow): ProblemLine {
  const number = markId(row.id, joinOf(row.object));
  return { ...row, path: number, name: `problem ${number}`, stale: isUnsure(row) };
}

/** True for an open problem of which its rule cannot tell now whether it still is. */
export function isUnsure(row: ProblemRow): boolean {
  return row.status === 'OPEN' && row.verdict === 'unknown';
}

/** Why nobody is told of it, in words. */
const SILENT: Readonly<Record<string, string>> = {
  maintenance: 'maintenance',
  muted: 'muted',
  'parent-down': 'explained by what it is on',
  action: 'expected while an action is under way',
  flapping: 'flapping: told once',
  acknowledged: 'acknowledged',
};

export function silentWords(row: ProblemRow): string | null {
  return row.suppressed ? (SILENT[row.suppressed] ?? row.suppressed) : null;
}

/** True for a text that is the number of a problem, as the drawer is given it. */
export function isProblemId(text: string): boolean {
  return /^\d{1,15}(?:@[\w.+:-]+)?$/.test(text);
}
