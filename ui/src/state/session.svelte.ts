// Who uses the console, and what they may do.
//
// The session lives in a cookie that no script can read; here is only whose it is. What a role may is
// decided by the master alone: `may` only keeps the console from offering what would be refused.
//
// Invariants
// - S-1: when a session ends, the page stays as it is until its own user logs in again or leaves it.
//   Another user never goes on with what the first one began.

import { ProblemError, onSessionEnded, send, sendOnce } from '../api/client.ts';
import { joinOf } from '../api/join.ts';
import type { Principal, Session as Opened } from '../api/schema.ts';
import { route } from './route.svelte.ts';

export type Right =
  | 'read'
  | 'operate'
  | 'read-logs'
  | 'override-guards'
  | 'administer'
  | 'approve'
  | 'manage-safety'
  | 'manage-servers'
  | 'manage-access'
  | 'manage-rules'
  | 'manage-notifications'
  | 'read-audit';

/** unknown: not asked yet; out: nobody is logged in; in; ended: the page waits for its user's password. */
export type SessionState = 'unknown' | 'out' | 'in' | 'ended';

/** What each role may do. A role not known here shows and offers nothing. */
const RIGHTS: ReadonlyMap<string, readonly Right[]> = new Map<string, readonly Right[]>([
  ['viewer', ['read']],
  ['logs', ['read', 'read-logs']],
  ['operator', ['read', 'read-logs', 'operate']],
  ['approver', ['read', 'approve']],
  ['writer', []],
  ['terminal', ['read', 'read-logs']],
  ['auditor', ['read', 'read-audit']],
  [
    'admin',
    [
      'read',
      'read-logs',
      'operate',
      'override-guards',
      'administer',
      'approve',
      'manage-safety',
      'manage-servers',
      'manage-access',
      'manage-rules',
      'manage-notifications',
      'read-audit',
    ],
  ],
]);

/** What may be done in the past: nothing that changes something. */
const LOOKS: readonly Right[] = ['read', 'read-audit'];

/** Tells other tabs that somebody logged in or out. */
const SIGNAL = 'topmast.session';

/** True when the path is the prefix or inside it. */
export function isWithin(path: string, prefix: string): boolean {
  return path === prefix || path.startsWith(`${prefix}/`);
}

/** True when the grant has no bounds. */
function isEverywhere(grant: Principal['grants'][number]): boolean {
  return grant.path === null || grant.path === undefined;
}

/** True when one of the grants gives the right on the path; without a path, anywhere. */
export function allows(principal: Pick<Principal, 'grants'>, right: Right, path?: string): boolean {
  return principal.grants.some(
    (grant) =>
      RIGHTS.get(grant.role)?.includes(right) === true &&
      (path === undefined || isEverywhere(grant) || isWithin(path, grant.path ?? '')),
  );
}

/** True when a right password was not enough. */
export function needsCode(error: unknown): boolean {
  return error instanceof ProblemError && error.problem.code === 'second_factor';
}

interface Deferred {
  promise: Promise<void>;
  resolve: () => void;
  reject: (reason: Error) => void;
}

function deferred(): Deferred {
  let settle: Omit<Deferred, 'promise'> | undefined;
  const promise = new Promise<void>((resolve, reject) => (settle = { resolve, reject }));
  return { promise, resolve: () => settle?.resolve(), reject: (reason) => settle?.reject(reason) };
}

class Session {
  #principal = $state.raw<Principal | null>(null);
  #state = $state.raw<SessionState>('unknown');
  #waiting: Deferred | null = null;

  get principal(): Principal | null {
    return this.#principal;
  }

  /** What the names end in of what the user makes, as `@acme`; empty where names are free. */
  get nameSuffix(): string {
    return this.#principal?.name_suffix ?? '';
  }

  get state(): SessionState {
    return this.#state;
  }

  /** True when the user may do it on the path; without a path, anywhere. A joined cluster decides for itself. */
  may(right: Right, path?: string): boolean {
    if (route.at !== null && !LOOKS.includes(right)) return false;
    if (path !== undefined && joinOf(path) !== null) return this.#principal !== null;
    return this.#principal !== null && allows(this.#principal, right, path);
  }

  /** True when the user may do it on everything, as the audit asks for. */
  mayEverywhere(right: Right): boolean {
    if (route.at !== null && !LOOKS.includes(right)) return false;
    return (
      this.#principal?.grants.some((grant) => isEverywhere(grant) && allows({ grants: [grant] }, right)) ??
      false
    );
  }

  /** Finds out who is logged in. Throws when no master answers. */
  async begin(): Promise<void> {
    try {
      this.#enter(await sendOnce<Principal>('GET', '/api/v1/sessions/current'));
    } catch (error) {
      if (!(error instanceof ProblemError) || error.status !== 401) {
        throw error;
      }
      this.#leave();
    }
  }

  /** True while the user has to set a second factor before anything else. */
  get mustSetSecondFactor(): boolean {
    return this.#principal?.second_factor === 'due';
  }

  /** Logs in with a password, and the code of a second factor. Throws what the master refuses with. */
  async login(user: string, password: string, code?: string): Promise<void> {
    const opened = await sendOnce<Opened>('POST', '/api/v1/sessions', {
      user,
      password,
      cookie: true,
      ...(code ? { code } : {}),
    });
    this.#enter(opened.principal);
    this.#signal();
  }

  /** Logs out here and in all tabs. What waited for a login is given up. */
  async logout(): Promise<void> {
    try {
      await sendOnce('DELETE', '/api/v1/sessions/current');
    } catch (error) {
      // A session that has ended already is what was asked for.
      if (!(error instanceof ProblemError) || error.status !== 401) {
        throw error;
      }
    }
    this.#leave();
    this.#signal();
  }

  /** Changes the user's own password; this ends all of the user's sessions, so a new one is opened. */
  async changePassword(current: string, password: string): Promise<void> {
    const user = this.#principal?.name ?? '';
    await send('PUT', `/api/v1/users/${encodeURIComponent(user)}/password`, { current, password });
    try {
      await this.login(user, password);
    } catch (error) {
      if (!needsCode(error)) throw error;
      // The page stays; the user logs in again over it, with a code.
      this.expired().catch(() => undefined);
    }
  }

  /** Called when the master no longer knows the session; resolves when the same user is back. */
  expired(): Promise<void> {
    if (this.#principal === null) {
      return Promise.reject(new Error('nobody is logged in'));
    }
    this.#state = 'ended';
    if (this.#waiting === null) {
      this.#waiting = deferred();
    }
    return this.#waiting.promise;
  }

  /** Another tab logged in or out: see who is there now. */
  async follow(event: StorageEvent): Promise<void> {
    if (event.key === SIGNAL) {
      await this.begin();
    }
  }

  #enter(principal: Principal): void {
    const same = this.#principal?.name === principal.name;
    this.#principal = principal;
    this.#state = 'in';
    if (same) {
      this.#waiting?.resolve();
    } else {
      this.#waiting?.reject(new Error('another user logged in')); // S-1
    }
    this.#waiting = null;
  }

  #leave(): void {
    this.#principal = null;
    this.#state = 'out';
    this.#waiting?.reject(new Error('logged out'));
    this.#waiting = null;
  }

  #signal(): void {
    try {
      localStorage.setItem(SIGNAL, `${Date.now()}`);
    } catch {
      // Without storage the other tabs notice at their next request.
    }
  }
}

export const session = new Session();

onSessionEnded(() => session.expired());
