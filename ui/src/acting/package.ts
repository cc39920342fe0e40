// Packages as they are chosen from.

import type { PackageRow } from '../api/schema.ts';
import { nameOf } from './words.ts';

/** A package to choose. */
export interface Choice {
  tenant: string;
  id: string;
  added_at: string;
}

/** Those that fit what is acted on: of its tenant, those called as the application before the others, the newest first. */
export function choicesOf(
  packages: readonly PackageRow[],
  asked: { targets?: readonly string[]; package?: string } | null,
): Choice[] {
  const targets = asked?.targets ?? [];
  const tenants = new Set(targets.map((path) => path.split('/', 1)[0]));
  const names = new Set(targets.map(nameOf));
  const rank = (row: PackageRow) => (names.has(row.name) ? 0 : 1);
  return packages
    .filter((row) => tenants.size === 0 || tenants.has(row.tenant))
    .toSorted((a, b) => rank(a) - rank(b) || b.added_at.localeCompare(a.added_at))
    .map(({ tenant, name, version, added_at }) => ({ tenant, id: `${name}@${version}`, added_at }));
}

/** Name and version, as `switch-2.4.1.tar.gz` tells them: the last dash before a digit parts them, as in the CLI. */
export function namedBy(file: string): { name: string; version: string } | null {
  const stem = file.replace(/\.(?:tar\.gz|tgz|zip|jar|exe)$/, '');
  const at = [...stem.matchAll(/-(?=\d)/g)].at(-1)?.index ?? -1;
  const version = stem.slice(at + 1);
  return at > 0 && /^[\w.+~-]+$/.test(version) ? { name: stem.slice(0, at), version } : null;
}
