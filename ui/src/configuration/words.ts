// What configurations are told by, and how two columns are made of a difference.

import type { ConfigurationRow, DiffLine } from '../api/schema.ts';

/** What a new one begins with. */
export const TEMPLATE = `[[configuration]]
name = "NAME"
within = "default/main"
application = "APPLICATION"
after = "restart"

[[configuration.file]]
path = "APPLICATION.conf"
template = true
content = '''
server = {{ server.name }}
'''
`;

/** The worst status of its servers. */
export function worst(row: Pick<ConfigurationRow, 'drifted' | 'pending'>): string {
  if (row.drifted > 0) return 'DRIFTED';
  return row.pending > 0 ? 'PENDING' : 'IN_SYNC';
}

/** One row of two columns; null where a side has nothing. */
export interface Pair {
  left: DiffLine | null;
  right: DiffLine | null;
}

/** Lines of a difference side by side: what was taken away beside what came in its place. */
export function pairs(lines: readonly DiffLine[]): Pair[] {
  const rows: Pair[] = [];
  let gone: DiffLine[] = [];
  let come: DiffLine[] = [];
  const flush = () => {
    for (let index = 0; index < Math.max(gone.length, come.length); index += 1) {
      rows.push({ left: gone[index] ?? null, right: come[index] ?? null });
    }
    gone = [];
    come = [];
  };
  for (const line of lines) {
    if (line.left !== null && line.right !== null) {
      flush();
      rows.push({ left: line, right: line });
    } else if (line.right === null) {
      gone.push(line);
    } else {
      come.push(line);
    }
  }
  flush();
  return rows;
}

/** Lines around a change that are shown; null stands for those left out. */
export function around(rows: readonly Pair[], context: number): (Pair | null)[] {
  const near = rows.map((_, index) =>
    rows.slice(Math.max(0, index - context), index + context + 1).some(({ left, right }) => left !== right),
  );
  const shown: (Pair | null)[] = [];
  rows.forEach((row, index) => {
    if (near[index] === true) shown.push(row);
    else if (shown.at(-1) !== null) shown.push(null);
  });
  return shown;
}
