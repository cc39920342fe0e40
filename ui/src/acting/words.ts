// Words about acting, the same in the dialog, the progress, the list of actions and the toasts.

import { joinOf } from '../api/join.ts';
import type { ActionCounts, ActionWait, Operation } from '../api/schema.ts';

export const OPERATIONS: readonly Operation[] = ['start', 'stop', 'restart'];

/** Those that change which version is there. */
export const DEPLOYMENTS: readonly Operation[] = ['install', 'upgrade', 'rollback', 'uninstall'];

/** True when it cannot be done without a package. */
export function needsPackage(operation: Operation): boolean {
  return operation === 'install' || operation === 'upgrade';
}

/** True when a package may be said: a rollback goes to the version before without. */
export function takesPackage(operation: Operation): boolean {
  return needsPackage(operation) || operation === 'rollback';
}

interface Forms {
  /** `Restart 12 applications` */
  verb: string;
  /** `Restart of 12 applications` */
  noun: string;
}

const FORMS: Readonly<Record<Operation, Forms>> = {
  start: { verb: 'Start', noun: 'Start' },
  stop: { verb: 'Stop', noun: 'Stop' },
  restart: { verb: 'Restart', noun: 'Restart' },
  install: { verb: 'Install', noun: 'Installation' },
  upgrade: { verb: 'Upgrade', noun: 'Upgrade' },
  rollback: { verb: 'Roll back', noun: 'Rollback' },
  uninstall: { verb: 'Uninstall', noun: 'Removal' },
  configure: { verb: 'Configure', noun: 'Configuration' },
  act: { verb: 'Act on', noun: 'Custom action' },
};

export function verb(operation: Operation): string {
  return FORMS[operation].verb;
}

/** A count with its noun: `1 application`, `1,200 applications`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en-GB')} ${count === 1 ? one : many}`;
}

/** The last name of a path. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/**
 * An object in words: `payment-switch on vm`, `MC of payment-switch on vm`, `vm`, `cluster acme/main`; of a joined
 * cluster with its name, for servers of several may be called the same: `payment-switch on vm in east`.
 */
export function objectWords(path: string): string {
  const [tenant, cluster, server, application, service] = path.split('/');
  const join = joinOf(path);
  const place = join === null ? server : `${server} in ${join}`;
  if (service !== undefined) return `${service} of ${application} on ${place}`;
  if (application !== undefined) return `${application} on ${place}`;
  if (server !== undefined) return `${place}`;
  return cluster === undefined ? `tenant ${tenant}` : `cluster ${path}`;
}

/** True of the path of a service. */
function isService(path: string): boolean {
  return path.split('/').length === 5;
}

/** What is acted on: the one application by name, else how many. */
export function targetsWords(targets: readonly string[], total = targets.length): string {
  const [only] = targets;
  const noun = only !== undefined && isService(only) ? 'service' : 'application';
  return total === 1 && only !== undefined ? objectWords(only) : counted(total, noun);
}

/** What the button says and the dialog is called: exactly what happens. A custom action is called by its name. */
export function commandWords(
  operation: Operation,
  targets: readonly string[],
  total = targets.length,
  custom: string | null = null,
): string {
  return `${custom === null ? verb(operation) : `${custom}:`} ${targetsWords(targets, total)}`;
}

/** An action as a thing: `Restart of 12 applications`. */
export function actionWords(
  operation: Operation,
  targets: readonly string[],
  total = targets.length,
  custom: string | null = null,
): string {
  return `${custom === null ? `${FORMS[operation].noun} of` : `${custom}:`} ${targetsWords(targets, total)}`;
}

/** Targets in all. */
export function totalOf(counts: ActionCounts): number {
  return counts.pending + counts.running + counts.succeeded + counts.failed + counts.unknown;
}

/** Counts in words, what needs a person first: `2 failed, 10 succeeded`; only those that there are. */
export function countWords(counts: ActionCounts): string {
  const said = [
    [counts.failed, 'failed'],
    [counts.unknown, 'unknown'],
    [counts.running, 'running'],
    [counts.pending, 'waiting'],
    [counts.succeeded, 'succeeded'],
  ] as const;
  const words = said
    .filter(([count]) => count > 0)
    .map(([count, word]) => `${count.toLocaleString('en-GB')} ${word}`);
  return words.length > 0 ? words.join(', ') : 'no targets';
}

const GUARDS: ReadonlyMap<string, string> = new Map([
  ['last-instance', 'Last instance:'],
  ['quorum', 'Quorum:'],
  ['freeze', 'Freeze:'],
  ['active-master', 'Active master:'],
]);

/** The guard at the beginning of what it says. */
export function guardWords(guard: string): string {
  return GUARDS.get(guard) ?? `${guard}:`;
}

/** What an action waits for, in few words; null for nothing. */
export function waitWords(waits: ActionWait | null | undefined): string | null {
  switch (waits?.for) {
    case 'approval':
      return 'waits for approval';
    case 'person':
      return 'waits for a person';
    case 'time':
      return 'scheduled';
    default:
      return null;
  }
}

/** How somebody proved who it is. */
const PROOFS: ReadonlyMap<string, string> = new Map([
  ['password', 'with a password'],
  ['oidc', 'by an identity provider'],
  ['session', 'in a session'],
  ['token', 'with an API token'],
  ['console', 'through a console'],
  ['signature', 'with an access key'],
  ['join', 'with a join token'],
  ['certificate', 'with a certificate'],
  ['internal', 'inside the master'],
]);

export function authWords(auth: string): string {
  return PROOFS.get(auth) ?? auth;
}
