// The other masters of the cluster, remembered for when this page's own one goes away. Shows nothing.

import { get } from '../api/client.ts';
import type { MasterRow, PageMasterRow } from '../api/schema.ts';

/** A master that can be gone to. */
export interface OtherMaster {
  readonly name: string;
  /** The same page there. */
  readonly href: string;
}

/** Asks this page's master which others there are; none when it does not say. */
export async function otherMasters(): Promise<MasterRow[]> {
  try {
    const page = await get<PageMasterRow>('/api/v1/masters');
    return page.items.filter((row) => !row.is_this);
  } catch {
    return [];
  }
}

/** Where the same page is on other masters: the active one first, those that were silent last. */
export function linksTo(masters: readonly MasterRow[], address: string): OtherMaster[] {
  const order = ['active', 'standby', 'stuck', 'silent'];
  const sorted = masters.toSorted((a, b) => order.indexOf(a.role) - order.indexOf(b.role));
  // What a master says of itself is not run as a script.
  const reachable = sorted.filter(({ url }) => /^https?:\/\//.test(url));
  return reachable.map(({ name, url }) => ({ name, href: url.replace(/\/$/, '') + address }));
}
