// From chosen rows to the applications that an action is done on.

import { applicationOf } from './path.ts';
import type { Selection } from './selection.svelte.ts';

/** What the dialog for actions takes, or why there is nothing that it could take. */
export type Targets = { targets: string[] } | { filter: string } | { refusal: string };

/** A filter has at most 64 terms, and 4,096 bytes. */
const SERVERS_MAX = 60;
const FILTER_MAX = 4_096;

/** The applications that chosen rows of a kind stand for. */
export function targetsOf(kind: string, selection: Selection): Targets {
  const paths = [...selection.paths];
  if (kind === 'applications') {
    return selection.all ? { filter: selection.allFilter.trim() || 'path=*' } : { targets: paths };
  }
  if (selection.all) {
    return { refusal: 'To act on more than the ticked rows, filter and select on the Applications tab' };
  }
  if (kind !== 'servers') {
    const applications = paths.map(applicationOf);
    return { targets: [...new Set(applications)] };
  }
  const filter = `path=${paths.map((path) => `${path}/*`).join(',')}`;
  if (paths.length > SERVERS_MAX || filter.length > FILTER_MAX) {
    return { refusal: `Select at most ${SERVERS_MAX} servers to act on their applications at once` };
  }
  return { filter };
}
