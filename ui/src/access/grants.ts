// Grants while they are edited: a role on a path, and whether the master will take them.
//
// The checks are the master's own, said at the field before anything is sent; the master still decides.

import type { Grant } from '../api/schema.ts';

export type Role = Grant['role'];

/** What each role may do, from the least to the most. */
export const ROLES: readonly { role: Role; may: string }[] = [
  { role: 'viewer', may: 'Sees everything there.' },
  { role: 'logs', may: 'Sees, and reads logs.' },
  { role: 'operator', may: 'Sees, reads logs, and starts, stops and restarts applications.' },
  { role: 'writer', may: 'Writes samples, and sees nothing: for programs that send metrics.' },
  { role: 'terminal', may: 'Sees, reads logs, and runs commands and shells on servers.' },
  { role: 'approver', may: 'Sees, and approves what others ask for where a policy wants two persons.' },
  { role: 'auditor', may: 'Sees; when on everything, also reads, verifies and exports the audit.' },
  {
    role: 'admin',
    may: 'Sees, acts, runs commands, manages servers, users and tokens; when on everything, also reads the audit.',
  },
];

/** The master's bounds. */
export const NAME_MAX = 253;
export const PATH_DEPTH_MAX = 5;
export const PASSWORD_BYTES_MAX = 1_024;
export const GRANTS_MAX = 100;

/** One line of the editor; an empty path is everything. */
export interface GrantDraft {
  role: Role;
  path: string;
}

export function toDrafts(grants: readonly Grant[]): GrantDraft[] {
  return grants.map(({ role, path }) => ({ role, path: path ?? '' }));
}

/** The grants of a draft, each once. */
export function toGrants(drafts: readonly GrantDraft[]): Grant[] {
  const once = new Map<string, Grant>();
  for (const { role, path } of drafts) {
    const grant: Grant = { role, path: path.trim() === '' ? null : path.trim() };
    once.set(grantText(grant), grant);
  }
  return [...once.values()];
}

/** As on the command line: `operator:acme/main`. */
export function grantText({ role, path }: Grant): string {
  return path ? `${role}:${path}` : role;
}

/** In words: `operator on acme/main`. */
export function grantWords({ role, path }: Grant): string {
  return `${role} on ${path ?? 'everything'}`;
}

export function sameGrants(one: readonly Grant[], other: readonly Grant[]): boolean {
  const texts = (grants: readonly Grant[]) => grants.map(grantText).sort().join('\n');
  return texts(one) === texts(other);
}

/** What is wrong with a name; null when it is good. */
export function nameProblem(name: string, what = 'a name'): string | null {
  if (name === '') return `${what} is missing`;
  if (name.length > NAME_MAX) return `${what} is longer than ${NAME_MAX} characters`;
  if (!/^[A-Za-z0-9_]/.test(name)) return `${what} starts with a letter, a digit or _`;
  if (!/^[A-Za-z0-9_.\-+@:]*$/.test(name)) return `${what} has only letters, digits and _ . - + @ :`;
  return null;
}

/** What is wrong with a path; null when it is good. `depth`: how many names it must have, where that is known. */
export function pathProblem(path: string, depth?: number): string | null {
  const names = path.split('/');
  if (depth === 2 && names.length !== 2) return 'write tenant/cluster';
  if (names.length > PATH_DEPTH_MAX) return 'a path is at most tenant/cluster/server/application/service';
  return (
    names.map((name) => nameProblem(name, 'each name of a path')).find((problem) => problem !== null) ?? null
  );
}

/** What is wrong with each line; null when it is good. */
export function draftProblems(drafts: readonly GrantDraft[]): (string | null)[] {
  return drafts.map(({ path }) => (path.trim() === '' ? null : pathProblem(path.trim())));
}

export function passwordProblem(password: string): string | null {
  if (password === '') return 'a password is missing';
  if (new TextEncoder().encode(password).length > PASSWORD_BYTES_MAX) {
    return `a password has at most ${PASSWORD_BYTES_MAX} bytes`;
  }
  return null;
}
