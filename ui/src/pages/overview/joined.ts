// Joined clusters in words: how each is heard.

import type { ClusterRow } from '../../api/schema.ts';
import { span } from '../../state/format.ts';

const ORDER: readonly ClusterRow['status'][] = ['REFUSED', 'DOWN', 'STALE', 'CONNECTING', 'UP'];

/** The joined ones of all clusters: those that are not heard first, then by name. */
export function joinedRows(rows: readonly ClusterRow[]): ClusterRow[] {
  return rows
    .filter((row) => !row.is_own)
    .toSorted(
      (one, other) =>
        ORDER.indexOf(one.status) - ORDER.indexOf(other.status) || one.name.localeCompare(other.name),
    );
}

/** How a cluster is heard, and why not; `sinceMs` after its row came. */
export function heardWords(row: ClusterRow, sinceMs: number): string {
  const age = row.age_ms ?? null;
  const last = age === null ? 'never heard' : `last heard ${span((age + sinceMs) / 1000)} ago`;
  const words = { UP: 'heard now', CONNECTING: 'not heard yet', REFUSED: 'does not let this console in' };
  const heard = row.status === 'STALE' || row.status === 'DOWN' ? last : words[row.status];
  return row.reason ? `${heard}: ${row.reason}` : heard;
}
