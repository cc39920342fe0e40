// How a host without an agent is written and reached: the same forms as `topmast server add --agentless` takes.

import type { AgentlessRequest, AgentlessRow, AgentlessServer, Endpoint } from '../api/schema.ts';

export const SSH_PORT = 22;
/** The account when none is written. */
export const USER = 'monitor';
const JUMPS_MAX = 4;

/** What the form of a new server holds. */
export interface HostDraft {
  host: string;
  name: string;
  cluster: string;
  os: string;
  jump: string;
  login: 'key' | 'password';
  secret: string;
  seconds: number | null;
  replace: boolean;
}

export function emptyDraft(): HostDraft {
  return {
    host: '',
    name: '',
    cluster: '',
    os: '',
    jump: '',
    login: 'key',
    secret: '',
    seconds: 10,
    replace: false,
  };
}

/** `[USER@]HOST[:PORT]`; an IPv6 address with a port stands in brackets. Null when it is none. */
export function endpointOf(text: string): Endpoint | null {
  const at = text.lastIndexOf('@');
  const user = at < 0 ? USER : text.slice(0, at);
  const rest = text.slice(at + 1);
  const bracketed = /^\[([^\]]+)\](?::(\d+))?$/.exec(rest);
  const plain = /^([^:]+)(?::(\d+))?$/.exec(rest);
  // Two colons without brackets are an IPv6 address.
  const bare = /^[^\s[\]]*:[^\s[\]]*:[^\s[\]]*$/.test(rest) ? ([rest, rest] as const) : null;
  const [, address = '', digits] = bracketed ?? plain ?? bare ?? [];
  const port = digits === undefined ? SSH_PORT : Number(digits);
  const good = address !== '' && user !== '' && !/\s/.test(address + user) && port >= 1 && port <= 65_535;
  return good ? { address, port, user } : null;
}

function jumpsOf(text: string): (Endpoint | null)[] {
  const words = text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
  return words.map(endpointOf);
}

/** What is wrong with each field; null when it is good. */
export function draftProblems(
  draft: HostDraft,
): Record<'host' | 'jump' | 'secret' | 'seconds', string | null> {
  const jumps = jumpsOf(draft.jump);
  const { seconds } = draft;
  const whole = seconds !== null && Number.isInteger(seconds) && seconds >= 1 && seconds <= 3_600;
  let jump: string | null = null;
  if (jumps.includes(null)) jump = 'write hosts as USER@HOST:PORT, separated by commas';
  else if (jumps.length > JUMPS_MAX) jump = `at most ${JUMPS_MAX} hosts can be between`;
  return {
    host: endpointOf(draft.host.trim()) === null ? 'write a host, or USER@HOST:PORT' : null,
    jump,
    secret:
      draft.secret.trim() === '' ? `give the ${draft.login === 'key' ? 'private key' : 'password'}` : null,
    seconds: whole ? null : 'give a whole number from 1 to 3,600',
  };
}

/**
 * What is asked of the master.
 *
 * `keys`: the fingerprints that were accepted, the nearest host first; hosts behind them have none yet.
 */
export function requestOf(
  draft: HostDraft,
  keys: readonly string[],
  more: Pick<AgentlessRequest, 'dry_run'> & { acceptNew?: boolean } = {},
): AgentlessRequest {
  const jumps = jumpsOf(draft.jump).filter((jump) => jump !== null);
  const endpoint = endpointOf(draft.host.trim()) ?? { address: '', port: SSH_PORT, user: USER };
  const known = [...jumps, endpoint].map((host, index) => ({ ...host, fingerprint: keys[index] ?? null }));
  const server: AgentlessServer = {
    name: draft.name.trim() || endpoint.address,
    ...(draft.cluster.trim() === '' ? {} : { cluster: draft.cluster.trim() }),
    endpoint: known.at(-1) ?? endpoint,
    jumps: known.slice(0, -1),
    accept_new: more.acceptNew ?? false,
    login: 0,
    ...(draft.os === '' ? {} : { os: draft.os as NonNullable<AgentlessServer['os']> }),
    interval_ms: (draft.seconds ?? 10) * 1_000,
  };
  const secret =
    draft.login === 'key' ? { private_key: `${draft.secret.trim()}\n` } : { password: draft.secret };
  return { servers: [server], logins: [secret], replace: draft.replace, dry_run: more.dry_run ?? false };
}

/** How many hosts are logged in to. */
export function hopsOf(draft: HostDraft): number {
  return jumpsOf(draft.jump).length + 1;
}

/** Whether a server is read, and what is wrong with it, in words. */
export function stateOf(row: Pick<AgentlessRow, 'connected' | 'problem'>): string {
  if (row.problem) return `${row.connected ? 'read, but' : 'not read:'} ${row.problem}`;
  return row.connected ? 'read' : 'not read yet';
}

/** The fingerprint that a host showed in place of the one that is trusted, when that is what is wrong. */
export function shownInstead(problem: string | null | undefined): string | null {
  return /was expected and (SHA256:[A-Za-z0-9+/]{43}) shown/.exec(problem ?? '')?.[1] ?? null;
}
