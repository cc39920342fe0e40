// Holding the order of rows: while somebody points at a table, its rows stay where they are.

/** Rows as shown while their order is held. */
export interface Held<R> {
  readonly rows: readonly R[];
  /** How many rows would stand elsewhere. */
  readonly moved: number;
  /** Rows that are no longer in the window: their values are the last that were seen. */
  readonly gone: ReadonlySet<string>;
}

/**
 * Newer rows in the order that was shown before.
 *
 * A row that left stays, with its last values. A row that came is shown only where the list grew at its
 * end, for there it moves nothing.
 *
 * Cost: O(window).
 */
export function hold<R extends { path: string }>(shown: readonly R[], latest: readonly R[]): Held<R> {
  const byPath = new Map(latest.map((row) => [row.path, row]));
  const gone = new Set<string>();
  const rows = shown.map((row) => {
    const newer = byPath.get(row.path);
    if (!newer) {
      gone.add(row.path);
    }
    return newer ?? row;
  });
  const present = new Set(shown.map((row) => row.path));
  const added = latest.filter((row) => !present.has(row.path));
  rows.push(...added.slice(0, Math.max(0, latest.length - shown.length)));
  const length = Math.max(rows.length, latest.length);
  let moved = 0;
  for (let index = 0; index < length; index += 1) {
    moved += rows[index]?.path === latest[index]?.path ? 0 : 1;
  }
  return { rows, moved, gone };
}
