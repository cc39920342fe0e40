// One event of the journal as one sentence: who did what to what.
//
// A sentence is a list of parts, so that the page can link objects and actions and draw statuses;
// `plain` joins it. A kind or a shape that is not known here still says its plain values.

import type { Actor, Event } from '../api/schema.ts';
import { counted, objectWords } from '../acting/words.ts';
import { causeWords } from './cause.ts';

export type Part =
  string | { object: string; words: string } | { action: string; words: string } | { status: string };

export type Sentence = readonly Part[];

/** How times inside a payload are written. */
export type TimeWords = (unixMillis: number) => string;

/** Digits of a fingerprint that tell certificates apart for a person. */
const FINGERPRINT_DIGITS = 12;

/** Who did it: `user admin`, `token eve/nightly`, `the agent of vm`, `the master`. */
export function actorWords(actor: Pick<Actor, 'kind' | 'name'>): string {
  if (actor.kind === 'master') return 'the master';
  if (actor.kind === 'agent') return `the agent of ${objectWords(actor.name)}`;
  return `${actor.kind} ${actor.name}`;
}

/** The sentence; `time` writes the times that it mentions. */
export function sentence(event: Event, time: TimeWords = isoWords): Sentence {
  const teller = TELLERS.get(event.kind);
  const parts = teller?.(new Telling(event, time)) ?? null;
  return (parts ?? fallback(event)).filter((part) => part !== '');
}

/** A sentence as plain text. */
export function plain(parts: Sentence): string {
  return parts
    .map((part) => (typeof part === 'string' ? part : 'status' in part ? part.status : part.words))
    .join('');
}

/** Every kind that has words here. */
export function knownKinds(): string[] {
  return [...TELLERS.keys()];
}

function isoWords(unixMillis: number): string {
  return new Date(unixMillis).toISOString();
}

/** An event while it is put into words: reads a payload that may have any shape. */
class Telling {
  readonly #event: Event;
  readonly #time: TimeWords;
  constructor(event: Event, time: TimeWords) {
    this.#event = event;
    this.#time = time;
  }

  get who(): string {
    return actorWords(this.#event.actor);
  }

  get address(): string | null {
    return this.#event.actor.address ?? null;
  }

  get action(): string | null {
    return this.#event.action ?? null;
  }

  at(...names: string[]): unknown {
    let value: unknown = this.#event.payload;
    for (const name of names) {
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
      value = (value as Record<string, unknown>)[name];
    }
    return value;
  }

  /** A text or number of the payload as text; null when it is not there. */
  text(...names: string[]): string | null {
    const value = this.at(...names);
    return typeof value === 'string' || typeof value === 'number' ? String(value) : null;
  }

  list(...names: string[]): string[] {
    const value = this.at(...names);
    return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
  }

  /** The names of what is listed. */
  names(...path: string[]): string[] {
    const value = this.at(...path);
    const items: unknown[] = Array.isArray(value) ? value : [];
    return items.flatMap((item) =>
      typeof item === 'object' && item !== null && 'name' in item && typeof item.name === 'string'
        ? [item.name]
        : [],
    );
  }

  /** What the event is about, as a link. */
  object(name: string): Part {
    return this.linkTo(this.text(name));
  }

  /** An object as a link; what the event is about when there is none. */
  linkTo(object: string | null): Part {
    const path = object ?? this.#event.object ?? null;
    return path === null ? 'something' : { object: path, words: objectWords(path) };
  }

  /** A time of the payload; null when it is not there. */
  moment(...names: string[]): string | null {
    const value = this.at(...names);
    return typeof value === 'number' ? this.#time(value) : null;
  }

  until(...names: string[]): string {
    const moment = this.moment(...names);
    return moment === null ? 'without an end' : `until ${moment}`;
  }

  grants(...names: string[]): string {
    const grants = this.at(...(names.length === 0 ? ['grants'] : names));
    if (!Array.isArray(grants) || grants.length === 0) return 'no rights';
    return grants.map(grantWords).join(', ');
  }
}

function grantWords(grant: unknown): string {
  if (typeof grant !== 'object' || grant === null) return '–';
  const { role, path } = grant as { role?: unknown; path?: unknown };
  return typeof path === 'string' ? `${String(role)} on ${path}` : `${String(role)} on everything`;
}

/** ` text` behind a separator, or nothing. */
function then(separator: string, text: string | null | undefined): string {
  return text ? `${separator}${text}` : '';
}

/** What a rule found about a problem that stays open. */
const VERDICTS: ReadonlyMap<string, string> = new Map([
  ['firing', 'is so again'],
  ['ok', 'is not so just now'],
  ['unknown', 'cannot be told'],
]);

/** What somebody did with logs. */
const READ: ReadonlyMap<string, string> = new Map([
  ['tail', 'followed the logs of'],
  ['search', 'searched the logs of'],
  ['download', 'downloaded logs of'],
]);

/** Why a problem is over. */
const CLOSINGS: ReadonlyMap<string, string> = new Map([
  ['recovered', 'it recovered'],
  ['gone', 'what it was about is gone'],
  ['rule-gone', 'its rule is no longer looked at'],
  ['by-hand', 'closed by hand'],
]);

/** What a permit is for: `open a shell on db`. */
function permit(e: Telling): Part[] | null {
  const targets = e.list('request', 'targets');
  const [only] = targets;
  if (only === undefined) return null;
  const command = e.text('request', 'command');
  const opens = command === null ? 'open a shell on ' : `run \`${command}\` on `;
  const where: Part =
    targets.length === 1 ? { object: only, words: objectWords(only) } : counted(targets.length, 'server');
  const what = e.text('request', 'kind') === 'remove-server' ? 'remove ' : opens;
  return [what, where, then(' as ', e.text('request', 'account'))];
}

/** What became of freezes and policies of approval. */
function safety(e: Telling): Part[] | null {
  const name = (...names: string[]): string | null => e.text('change', ...names);
  if (e.at('change', 'freeze-set') !== undefined)
    return [
      `${e.who} announced a freeze in `,
      e.object('within'),
      then(': ', name('freeze-set', 'freeze', 'what', 'name')),
    ];
  if (e.at('change', 'freeze-planned') !== undefined)
    return ['the times of a freeze in ', e.object('within'), ' were planned'];
  if (e.at('change', 'freeze-lifted') !== undefined)
    return [`${e.who} lifted a freeze in `, e.object('within'), then(': ', name('freeze-lifted', 'name'))];
  if (e.at('change', 'policy-set') !== undefined)
    return [`${e.who} set a policy of approval`, then(': ', name('policy-set', 'policy', 'name'))];
  if (e.at('change', 'policy-deleted') !== undefined)
    return [`${e.who} deleted a policy of approval`, then(': ', name('policy-deleted', 'name'))];
  return null;
}

/** What became of somebody's access, beside grants, sessions and tokens. */
function access(e: Telling): Part[] | null {
  const user = e.text('user') ?? '';
  if (e.at('change') === 'unlocked') return [`${e.who} unlocked user ${user}`];
  if (e.at('change', 'locked') !== undefined)
    return [`too many logins as ${user} failed: locked, ${e.until('change', 'locked', 'until')}`];
  if (e.at('change') === 'second-factor-reset')
    return [`${e.who} took the second factor of user ${user} away`];
  if (e.at('change', 'second-factor-set') !== undefined) return [`user ${user} set a second factor`];
  if (e.at('change', 'second-factor-used') !== undefined)
    return [`user ${user} gave a code of the second factor`, then(' from ', e.address)];
  if (e.at('change', 'recovery-code-used') !== undefined)
    return [`user ${user} gave a recovery code`, then(' from ', e.address)];
  if (e.at('change', 'networks-set') !== undefined) {
    const token = e.text('change', 'networks-set', 'token');
    const whose =
      token === null ? (user === '' ? 'everybody' : `user ${user}`) : `API token ${token} of user ${user}`;
    const networks = e.list('change', 'networks-set', 'networks').join(', ');
    return [`${e.who} let ${whose} come from ${networks === '' ? 'everywhere' : `${networks} only`}`];
  }
  if (e.at('change', 'admitted') !== undefined) {
    const by = e.text('change', 'admitted', 'outside', 'kind') === 'ldap' ? 'directory' : 'identity provider';
    return [`user ${user} was let in by the ${by}: ${e.grants('change', 'admitted', 'grants')}`];
  }
  const count = e.at('change', 'failed', 'count');
  return typeof count === 'number' ? [`${counted(count, 'more login')} failed, of any names`] : null;
}

/** How each kind is told; null when the payload has not the shape that is known here. */
const TELLERS: ReadonlyMap<string, (telling: Telling) => Part[] | null> = new Map(
  Object.entries({
    MasterActivated: (e) => [
      e.text('name') ?? 'the master',
      ' became the active one',
      then(', epoch ', e.text('epoch')),
    ],
    MasterHandedOver: (e) => ['gave the place of the active master to ', e.text('to') ?? 'another'],
    JournalRestored: (e) => [
      'the journal was restored from a backup',
      then(' of ', e.moment('backed_up_at')),
      ': what came after the event before is not in it',
    ],
    ActionAccepted: (e) => {
      const targets = e.list('targets');
      const operation = e.text('operation');
      const [only] = targets;
      if (operation === null || only === undefined) return null;
      const what: Part =
        targets.length === 1
          ? { object: only, words: objectWords(only) }
          : { action: e.text('id') ?? '', words: counted(targets.length, 'application') };
      const custom = e.text('custom', 'name');
      if (custom !== null) {
        const told = Object.entries(e.at('custom', 'arguments') ?? {}).map(
          ([name, value]) => `${name} ${value}`,
        );
        const how = told.length === 0 ? '' : ` with ${told.join(', ')}`;
        return [`${e.who} asked to do ${custom}${how} on `, what, then(': ', e.text('reason'))];
      }
      const brought = e.text('package', 'id');
      const to = brought === null ? '' : ` to ${brought}`;
      const done = operation === 'rollback' ? 'roll back' : operation;
      return [`${e.who} asked to ${done} `, what, to, then(': ', e.text('reason'))];
    },
    ActionGoverned: (e) => {
      const id = e.text('id');
      if (id === null) return null;
      const about: Part = { action: id, words: 'an action' };
      if (e.text('change') === 'continued') return [`${e.who} let the next batch of `, about, ' begin'];
      const approved = e.at('change', 'approved') !== undefined;
      if (!approved && e.at('change', 'rejected') === undefined) return null;
      const verdict = approved ? 'approved' : 'rejected';
      return [`${e.who} ${verdict} `, about, then(': ', e.text('change', verdict, 'comment'))];
    },
    PermitAsked: (e) => {
      const what = permit(e);
      if (what === null) return null;
      return [`${e.who} asked for approval to `, ...what, then(': ', e.text('reason'))];
    },
    PermitGoverned: (e) => {
      const what = permit(e);
      if (what === null) return null;
      const used = e.text('change') === 'used';
      const verdict = ['approved', 'rejected'].find((word) => e.at('change', word) !== undefined);
      if (used) return [`${e.who} went on, as was approved, to `, ...what];
      if (verdict === undefined) return null;
      return [
        `${e.who} ${verdict} that somebody is to `,
        ...what,
        then(': ', e.text('change', verdict, 'comment')),
      ];
    },
    SafetyChanged: (e) => safety(e),
    BatchReleased: (e) => {
      const [id, upTo] = [e.text('id'), e.text('up_to')];
      if (id === null || upTo === null) return null;
      return ['the next batch of ', { action: id, words: 'the action' }, ` may begin, up to target ${upTo}`];
    },
    StepStarted: (e) => [`${e.who} began to act on `, e.object('target')],
    StepFinished: (e) => {
      const succeeded = e.at('outcome', 'succeeded');
      if (typeof succeeded !== 'boolean') return null;
      const status = { status: succeeded ? 'SUCCEEDED' : 'FAILED' };
      return ['the action on ', e.object('target'), ' ', status, then(': ', e.text('outcome', 'message'))];
    },
    StepExpired: (e) => {
      const unknown = { status: 'UNKNOWN' };
      return ['the action on ', e.object('target'), ' became ', unknown, then(': ', e.text('message'))];
    },
    ActionCompleted: (e) => {
      const [id, status] = [e.text('id'), e.text('status')];
      if (id === null || status === null) return null;
      return [{ action: id, words: 'the action' }, ' ended ', { status }];
    },
    ServerRegistered: (e) => [
      'server ',
      e.object('server'),
      e.text('registration', 'role') === 'agentless' ? ' is known' : ' connected',
      then(' with topmast ', e.text('registration', 'version')),
      then(' from ', e.text('registration', 'address')),
      then(', ', e.text('registration', 'facts', 'os')),
    ],
    ServerStatusChanged: (e) =>
      changed('server ', e.object('server'), e.text('status'), '', causeWords(e.at('cause'))),
    ServerRemoved: (e) => [`${e.who} removed server `, e.object('server')],
    ReportsReceived: (e) => [
      'server ',
      e.object('server'),
      ' reported',
      then(', up to report ', e.text('up_to')),
    ],
    ApplicationChanged: (e) => {
      const more =
        then(', version ', e.text('state', 'version')) + then(', process ', e.text('state', 'pid'));
      return changed(
        '',
        e.object('application'),
        e.text('state', 'status'),
        more,
        causeWords(e.at('state', 'cause')),
      );
    },
    ApplicationRemoved: (e) => [e.object('application'), ' is no longer there'],
    ServiceChanged: (e) => {
      const codes = then(' ', e.list('state', 'codes').join(' '));
      return changed(
        'service ',
        e.object('service'),
        e.text('state', 'status'),
        codes,
        e.text('state', 'message'),
      );
    },
    ServiceRemoved: (e) => ['service ', e.object('service'), ' is no longer there'],
    TaskChanged: (e) =>
      changed('task ', e.object('task'), e.text('state', 'status'), '', e.text('state', 'message')),
    TaskRemoved: (e) => ['task ', e.object('task'), ' is no longer there'],
    TaskOrdered: (e) => {
      const what = e.text('fact', 'what');
      const task = e.object('task');
      if (what === 'run')
        return [e.who, ' let task ', task, ' run now', then(': ', e.text('fact', 'reason'))];
      return [e.who, ' expects signs of task ', task, what === 'expect' ? '' : ' no longer'];
    },
    UnitFileRefused: (e) => {
      const file = e.text('file');
      return file === null
        ? null
        : ['unit file ', file, ' on ', e.object('server'), ' was refused', then(': ', e.text('problem'))];
    },
    UnitFileAccepted: (e) => {
      const file = e.text('file');
      return file === null ? null : ['unit file ', file, ' on ', e.object('server'), ' is good'];
    },
    AgentlessServerAdded: (e) => [
      `${e.who} let server `,
      e.object('server'),
      ' be read over ssh',
      then(' at ', e.text('host', 'endpoint', 'address')),
      then(' as ', e.text('host', 'endpoint', 'user')),
    ],
    HostKeysPinned: (e) => [
      'server ',
      e.object('server'),
      ' is trusted by its host key',
      then(': ', e.list('fingerprints').join(', ')),
    ],
    AgentlessApplicationsSet: (e) => [
      `${e.who} set the applications of server `,
      e.object('server'),
      then(': ', e.names('applications').join(', ')),
    ],
    ReadingFailed: (e) => ['server ', e.object('server'), ' is not read well', then(': ', e.text('problem'))],
    GuestRegistered: (e) => [
      `${e.text('guest', 'kind') ?? 'guest'} `,
      e.object('server'),
      e.text('guest', 'condition', 'says') === 'unlisted' ? ' is no longer listed by ' : ' is told of by ',
      objectWords(e.text('guest', 'host') ?? 'its host'),
      then(': ', e.text('guest', 'condition', 'state')),
    ],
    GuestsRefused: (e) => ['guests of ', e.object('server'), ' are left out', then(': ', e.text('problem'))],
    GuestsAccepted: (e) => ['all guests of ', e.object('server'), ' have a place again'],
    ReadingRecovered: (e) => ['server ', e.object('server'), ' is read well again'],
    TerminalOpened: (e) => {
      const targets = e.list('targets');
      const [only] = targets;
      if (only === undefined) return null;
      const command = e.text('command');
      const what = command === null ? ' opened a shell on ' : ` ran \`${command}\` on `;
      const where: Part =
        targets.length === 1 ? { object: only, words: objectWords(only) } : counted(targets.length, 'server');
      return [`${e.who}${what}`, where, then(' as ', e.text('account')), then(': ', e.text('reason'))];
    },
    TerminalClosed: (e) => {
      const results = e.at('results');
      if (!Array.isArray(results)) return null;
      const exit = (result: unknown) => (result as { end?: { exited?: unknown } } | null)?.end?.exited;
      const good = results.filter((result) => exit(result) === 0).length;
      const of = results.length === 1 ? '' : ` on ${String(good)} of ${counted(results.length, 'server')}`;
      const how = results.length === 1 && good === 0 ? 'without' : 'with';
      return [`what ${e.who} ran ended ${how} exit code 0${of}`];
    },
    LogsRead: (e) => {
      const targets = e.list('reading', 'targets');
      const [only] = targets;
      const did = READ.get(e.text('reading', 'purpose') ?? '');
      if (only === undefined || did === undefined) return null;
      const where: Part =
        targets.length === 1
          ? { object: only, words: objectWords(only) }
          : counted(targets.length, 'application');
      const source = then(', source ', e.text('reading', 'source'));
      const pattern = e.text('reading', 'pattern');
      return [`${e.who} ${did} `, where, source, pattern === null ? '' : `: \`${pattern}\``];
    },
    ProblemOpened: (e) => {
      const [id, severity] = [e.text('id'), e.text('problem', 'severity')];
      if (id === null || severity === null) return null;
      const object = e.linkTo(e.text('problem', 'object'));
      return [`problem ${id}, ${severity}, on `, object, then(': ', e.text('problem', 'message'))];
    },
    ProblemConditionChanged: (e) => {
      const words = VERDICTS.get(e.text('verdict') ?? '');
      return words === undefined ? null : problem(e, ` ${words}`);
    },
    ProblemSeverityChanged: (e) => problem(e, then(' is now ', e.text('severity'))),
    ProblemFlappingChanged: (e) =>
      problem(e, e.at('flapping') === true ? ' comes and goes' : ' comes and goes no longer'),
    ProblemGrouped: (e) => {
      const cause = e.text('cause');
      return problem(e, cause === null ? ' stands for itself' : ` is a symptom of problem ${cause}`);
    },
    ProblemSuppressed: (e) => {
      const by = e.text('suppression', 'by');
      return problem(e, by === null ? ' is told again' : ` is not told: ${by.replace('-', ' ')}`);
    },
    NoticeDecided: (e) => problem(e, then(' is to be told: ', e.text('notice')?.replace('-', ' '))),
    ProblemClosed: (e) => problem(e, then(' is over: ', CLOSINGS.get(e.text('reason') ?? ''))),
    ProblemAcknowledged: (e) => {
      const until =
        e.text('acknowledgement', 'expires_at') === null
          ? ''
          : ` ${e.until('acknowledgement', 'expires_at')}`;
      return problem(
        e,
        ` is in the hands of ${e.who}${until}${then(': ', e.text('acknowledgement', 'comment'))}`,
      );
    },
    ProblemUnacknowledged: (e) =>
      problem(e, ` is in nobody's hands any more${then(': ', e.text('end')?.replace('-', ' '))}`),
    ProblemCommented: (e) => problem(e, then(`: ${e.who} wrote `, e.text('text'))),
    ObjectMuted: (e) => [
      `${e.who} muted `,
      e.linkTo(e.text('mute', 'object')),
      then(' for rule ', e.text('mute', 'rule')),
      ` ${e.until('mute', 'until')}`,
      then(': ', e.text('mute', 'comment')),
    ],
    MuteEnded: (e) =>
      e.at('expired') === true
        ? ['the mute of ', e.object('object'), ' is over']
        : [`${e.who} ended the mute of `, e.object('object')],
    MaintenanceSet: (e) => [
      `${e.who} announced maintenance in `,
      e.object('within'),
      then(': ', e.text('maintenance', 'name')),
    ],
    MaintenancePlanned: (e) => ['the times of a maintenance in ', e.object('within'), ' were planned'],
    MaintenanceEnded: (e) =>
      e.at('cancelled') === true
        ? [`${e.who} called off a maintenance in `, e.object('within')]
        : ['a maintenance in ', e.object('within'), ' is over'],
    RuleApplied: (e) => {
      const name = e.text('rule', 'name');
      const off = e.at('rule', 'enabled') === false ? ', switched off' : '';
      return name === null
        ? null
        : [`${e.who} applied rule ${name}${then(', ', e.text('rule', 'severity'))}${off}`];
    },
    RuleDeleted: (e) => named(e, 'name', (name) => [`${e.who} deleted rule ${name}`]),
    AwsAlarmPut: (e) => {
      const name = e.text('alarm', 'name');
      return name === null ? null : [`${e.who} put alarm ${name} in `, e.object('tenant')];
    },
    AwsAlarmDeleted: (e) => named(e, 'name', (name) => [`${e.who} deleted alarm ${name}`]),
    AwsAlarmStateChanged: (e) =>
      named(e, 'name', (name) => [
        `alarm ${name} is `,
        e.text('said', 'state') ?? '',
        then(': ', e.text('said', 'reason')),
      ]),
    AwsAlarmHoldChanged: (e) =>
      named(e, 'name', (name) => {
        const by = e.text('hold', 'by');
        return by === null
          ? [`nothing holds the actions of alarm ${name} back any more`]
          : [`the actions of alarm ${name} are held back: ${by.replaceAll('-', ' ')}`];
      }),
    AwsAlarmActionsSwitched: (e) =>
      named(e, 'name', (name) => [
        `${e.who} switched the actions of alarm ${name} ${e.at('enabled') === true ? 'on' : 'off'}`,
      ]),
    AwsAlarmTagged: (e) => named(e, 'name', (name) => [`${e.who} changed the tags of alarm ${name}`]),
    AwsAlarmActed: (e) => named(e, 'name', (name) => [`what alarm ${name} is to do was done, or tried`]),
    ChannelApplied: (e) => {
      const name = e.text('channel', 'name');
      return name === null ? null : [`${e.who} applied channel ${name}`];
    },
    ChannelDeleted: (e) => named(e, 'name', (name) => [`${e.who} deleted channel ${name}`]),
    RouteApplied: (e) => {
      const name = e.text('route', 'name');
      return name === null ? null : [`${e.who} applied route ${name}`];
    },
    RouteDeleted: (e) => named(e, 'name', (name) => [`${e.who} deleted route ${name}`]),
    RoutePlanned: (e) => named(e, 'name', (name) => [`the times of route ${name} were planned`]),
    NotificationDue: (e) =>
      named(e, 'channel', (channel) => [
        `channel ${channel} is to be told`,
        then(', by route ', e.text('route')),
      ]),
    NotificationAsked: (e) =>
      named(e, 'channel', (channel) => [
        e.text('why', 'by') === 'test'
          ? `${e.who} tested channel ${channel}`
          : `an alarm tells channel ${channel}`,
        then(': ', e.text('refused')),
      ]),
    NotificationBegun: () => ['a notification is being sent'],
    NotificationFinished: (e) => {
      const reason = e.text('outcome', 'reason');
      return reason === null ? ['a notification was delivered'] : [`a notification failed: ${reason}`];
    },
    NotificationWithdrawn: (e) => ['a notification was not sent', then(': ', e.text('reason'))],
    NotificationSpared: (e) =>
      named(e, 'channel', (channel) => [
        `route ${e.text('route') ?? '?'} leaves it to an alarm's own action to tell channel ${channel}`,
      ]),
    RecoveryUntold: (e) => ['the end of a problem could not be told, of ', e.object('object')],
    ParameterPut: (e) =>
      named(e, 'name', (name) => [
        `${e.who} put parameter ${name}, version ${e.text('number') ?? '?'}, in `,
        e.object('tenant'),
      ]),
    ParameterDeleted: (e) => named(e, 'name', (name) => [`${e.who} deleted parameter ${name}`]),
    ParameterLabelled: (e) =>
      named(e, 'name', (name) => [
        `${e.who} labelled version ${e.text('number') ?? '?'} of parameter ${name}`,
        then(': ', e.list('labels').join(', ')),
      ]),
    ParameterTagged: (e) => named(e, 'name', (name) => [`${e.who} changed the tags of parameter ${name}`]),
    ParametersForgotten: (e) => ['all parameters of ', e.object('tenant'), ' were forgotten'],
    DashboardPut: (e) =>
      named(e, 'name', (name) => [`${e.who} put dashboard ${name} in `, e.object('tenant')]),
    DashboardDeleted: (e) => named(e, 'name', (name) => [`${e.who} deleted dashboard ${name}`]),
    DashboardTagged: (e) => named(e, 'name', (name) => [`${e.who} changed the tags of dashboard ${name}`]),
    DashboardsForgotten: (e) => ['all dashboards of ', e.object('tenant'), ' were forgotten'],
    PackageChanged: (e) => {
      const [added, removed] = [e.text('change', 'package', 'id'), e.text('change', 'id')];
      if (added === null && removed === null) return null;
      const done = added === null ? `removed package ${removed}` : `added package ${added}`;
      return [`${e.who} ${done} in `, e.object('tenant')];
    },
    TrustKeyChanged: (e) => {
      const id = e.text('change', 'id');
      if (id === null) return null;
      const whose = e.text('change', 'comment');
      if (e.text('change', 'change') === 'removed') {
        return [`${e.who} removed trust key ${id} of `, e.object('tenant')];
      }
      return [`${e.who} added trust key ${id} of `, e.object('tenant'), whose === null ? '' : `: ${whose}`];
    },
    ConfigurationChanged: (e) =>
      named(e, 'name', (name) => {
        const why = then(': ', e.text('change', 'reason'));
        switch (e.text('change', 'what')) {
          case 'revised':
            return [
              `${e.who} made revision ${e.text('change', 'number') ?? '?'} of configuration ${name} in `,
              e.object('object'),
              why,
            ];
          case 'deleted':
            return [`${e.who} deleted configuration ${name} in `, e.object('object'), why];
          default:
            return [
              `what lies of configuration ${name} at `,
              e.object('object'),
              ' is another one than before',
            ];
        }
      }),
    CodeChanged: (e) => {
      const what = `${e.text('change', 'kind') ?? 'something'} ${e.text('change', 'name') ?? '?'}`;
      return e.text('change', 'what') === 'released'
        ? [`${e.who} let ${what} be changed by hand`, then(': ', e.text('change', 'reason'))]
        : [`${what} is kept as code from now on`];
    },
    LogGroupChanged: (e) =>
      named(e, 'name', (name) => [`${e.who} changed log group ${name} in `, e.object('tenant')]),
    LogGroupsForgotten: (e) => ['all log groups of ', e.object('tenant'), ' were forgotten'],
    ObjectTagged: (e) => {
      const name = e.text('application');
      const whose = name === null ? '' : `applications ${name} of `;
      return [`${e.who} changed the tags of ${whose}`, e.object('path')];
    },
    UsageNoted: (e) => {
      const [samples, requests] = [e.text('usage', 'samples'), e.text('usage', 'requests')];
      if (samples === null || requests === null) return null;
      return ['tenant ', e.object('tenant'), ` used ${samples} samples and ${requests} requests more`];
    },
    TenantChanged: (e) => {
      const said = (key: string) => then(': ', e.text('change', key));
      switch (e.text('change', 'what')) {
        case 'describe':
          return [`${e.who} said what tenant `, e.object('tenant'), ' is called and may use', said('title')];
        case 'promise': {
          const percent = e.text('change', 'objective');
          return [
            `${e.who} changed the availability that is promised to tenant `,
            e.object('tenant'),
            then(', of ', e.text('change', 'of')),
            percent === null ? ', which is none any more' : ` to ${percent}%`,
          ];
        }
        case 'suspend':
          return [`${e.who} suspended tenant `, e.object('tenant'), said('reason')];
        case 'resume':
          return [`${e.who} let the people of tenant `, e.object('tenant'), ' in again'];
        case 'remove':
          return [`${e.who} removed tenant `, e.object('tenant'), ' with all that it had', said('reason')];
        case 'forget':
          return [`${e.who} forgot what tenant `, e.object('tenant'), ' is called and may use'];
        default:
          return null;
      }
    },
    TagsForgotten: (e) => ['all tags of ', e.object('tenant'), ' were forgotten'],
    AwsAlarmsForgotten: (e) => ['all alarms of ', e.object('tenant'), ' were forgotten'],
    UserCreated: (e) => named(e, 'name', (name) => [`${e.who} added user ${name}: ${e.grants()}`]),
    PasswordSet: (e) => named(e, 'name', (name) => [`${e.who} set the password of user ${name}`]),
    GrantsSet: (e) => named(e, 'name', (name) => [`${e.who} gave user ${name}: ${e.grants()}`]),
    UserDeleted: (e) => named(e, 'name', (name) => [`${e.who} removed user ${name}`]),
    SessionOpened: (e) =>
      named(e, 'user', (user) => [
        `user ${user} logged in`,
        then(' from ', e.address),
        `, ${e.until('expires_at')}`,
      ]),
    SessionClosed: (e) =>
      named(e, 'user', (user) => {
        if (e.who === `user ${user}`) return [`user ${user} logged out`];
        if (e.who === 'the master') return [`a session of user ${user} ended: it was not used for long`];
        return [`${e.who} ended a session of user ${user}`];
      }),
    LoginFailed: (e) => named(e, 'user', (user) => [`a login as ${user} failed`, then(', from ', e.address)]),
    AccessChanged: (e) => access(e),
    RequestPassedOn: (e) => [
      `${e.who} had ${e.text('request', 'method') ?? 'a request'} ${e.text('request', 'path') ?? ''} passed on to the cluster ${e.text('request', 'join') ?? '?'}`,
    ],
    RequestAnswered: (e) => {
      const [join, status] = [e.text('answer', 'join'), e.text('answer', 'status')];
      const told = status === null ? 'did not answer' : `answered ${status}`;
      return [
        `the cluster ${join ?? '?'} ${told} to what ${e.who} had passed on`,
        then(', as its action ', e.text('answer', 'action')),
        then(': ', e.text('answer', 'message')),
      ];
    },
    TokenCreated: (e) =>
      named(e, 'name', (name) => [
        `${e.who} made API token ${name}`,
        then(' for ', e.text('owner')),
        `: ${e.grants()}, ${e.until('expires_at')}`,
        e.at('speaks_for_users') === true ? ', which speaks for every user' : '',
      ]),
    TokenRevoked: (e) => named(e, 'id', (id) => [`${e.who} revoked API token ${id}`]),
    AccessKeyCreated: (e) =>
      named(e, 'name', (name) => [
        `${e.who} made access key ${name}`,
        then(' for ', e.text('owner')),
        `: ${e.grants()}, ${e.until('expires_at')}`,
      ]),
    AccessKeyRevoked: (e) => named(e, 'id', (id) => [`${e.who} revoked access key ${id}`]),
    JoinTokenCreated: (e) => {
      const uses = e.at('uses');
      const servers = typeof uses === 'number' ? ` for ${counted(uses, 'server')}` : '';
      return [`${e.who} made a join token${servers} of `, e.object('cluster'), `, ${e.until('expires_at')}`];
    },
    JoinTokenRevoked: (e) => named(e, 'id', (id) => [`${e.who} revoked join token ${id}`]),
    AgentEnrolled: (e) => ['server ', e.object('server'), ' entered the cluster', certificate(e)],
    AgentRenewed: (e) => ['the agent of ', e.object('server'), ' renewed its certificate', certificate(e)],
    AgentRevoked: (e) => [`${e.who} revoked the agent of `, e.object('server')],
  } satisfies Record<string, (telling: Telling) => Part[] | null>),
);

function changed(
  kind: string,
  object: Part,
  status: string | null,
  more: string,
  why: string | null,
): Part[] | null {
  return status === null ? null : [kind, object, ' is ', { status }, more, then(': ', why)];
}

/** What is said of a problem that exists: its number, its object, and what became of it. */
function problem(telling: Telling, what: string): Part[] | null {
  const id = telling.text('id');
  return id === null || what === '' ? null : [`problem ${id} on `, telling.object('object'), what];
}

function named(telling: Telling, field: string, tell: (name: string) => Part[]): Part[] | null {
  const name = telling.text(field);
  return name === null ? null : tell(name);
}

function certificate(telling: Telling): string {
  const digits = telling.text('certificate', 'fingerprint')?.slice(0, FINGERPRINT_DIGITS);
  return digits ? `, certificate ${digits}… ${telling.until('certificate', 'not_after')}` : '';
}

/** For what a newer master may write: the kind, its object and its plain values. */
function fallback(event: Event): Part[] {
  const parts: Part[] = [`${actorWords(event.actor)}: ${event.kind}`];
  if (event.object) parts.push(' ', { object: event.object, words: objectWords(event.object) });
  const { payload } = event;
  if (typeof payload === 'object' && payload !== null) {
    const said = Object.entries(payload)
      .filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value) && value !== event.object)
      .map(([name, value]) => `${name} ${String(value)}`);
    parts.push(then(', ', said.join(', ')));
  }
  return parts;
}
