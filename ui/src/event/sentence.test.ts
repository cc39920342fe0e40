import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Event } from '../api/schema.ts';
import { knownKinds, plain, sentence } from './sentence.ts';

const ID = '018f0000-0000-7000-8000-000000000000';
const SWITCH = 'acme/main/vm/switch';

function told(kind: string, payload: unknown, more: Partial<Event> = {}): string {
  const actor = { kind: 'user', name: 'eve', auth: 'session', address: '10.0.0.9' };
  const event = { seq: 1, time: '2026-03-01T12:00:00.000Z', tenant: 'acme', actor, kind, payload, ...more };
  return plain(sentence(event, (time) => `t${time}`));
}

/** The kinds that the master can write, read from where they are defined. */
function kindsOfTheModel(): string[] {
  const model = readFileSync(join(import.meta.dirname, '../../../crates/model/src/event.rs'), 'utf8');
  const body = /pub enum EventBody \{(.*?)\n\}/s.exec(model)?.[1] ?? '';
  const kinds = Array.from(body.matchAll(/^ {4}([A-Z]\w+) \{/gm), ([, kind]) => kind ?? '');
  return kinds.filter((kind) => kind !== 'Unrecognised');
}

describe('sentence', () => {
  it('has words for every kind of the model and for no other', () => {
    const kinds = kindsOfTheModel();
    expect(kinds.length).toBeGreaterThan(20);
    expect(knownKinds().sort()).toEqual(kinds.sort());
  });

  it('tells who asked for what, and why', () => {
    const accepted = (targets: string[], reason: string | null) =>
      told('ActionAccepted', { id: ID, operation: 'restart', targets, reason, expires_at: 0 });
    expect(accepted([SWITCH], 'new key')).toBe('user eve asked to restart switch on vm: new key');
    expect(accepted([SWITCH, 'acme/main/db/switch'], null)).toBe('user eve asked to restart 2 applications');
    const custom = { name: 'rotate-keys', arguments: { keys: 3, force: true }, right: 'operator' };
    const rotate = { id: ID, operation: 'act', targets: [SWITCH], reason: null, expires_at: 0, custom };
    expect(told('ActionAccepted', rotate)).toBe(
      'user eve asked to do rotate-keys with keys 3, force true on switch on vm',
    );
  });

  it('tells how a server without an agent is read, and what is wrong with that', () => {
    const server = 'acme/main/aix1';
    const endpoint = { address: 'aix1.example', port: 22, user: 'monitor' };
    expect(told('AgentlessServerAdded', { server, host: { endpoint } })).toBe(
      'user eve let server aix1 be read over ssh at aix1.example as monitor',
    );
    expect(
      told('AgentlessApplicationsSet', { server, applications: [{ name: 'switch' }, { name: 'batch' }] }),
    ).toBe('user eve set the applications of server aix1: switch, batch');
    expect(told('ReadingFailed', { server, problem: 'it hangs' })).toBe(
      'server aix1 is not read well: it hangs',
    );
    const guest = { host: 'acme/main/sol1', kind: 'zone', condition: { says: 'runs', state: 'running' } };
    expect(told('GuestRegistered', { server: 'acme/main/sol1+shop', guest })).toBe(
      'zone sol1+shop is told of by sol1: running',
    );
    expect(
      told('GuestRegistered', {
        server: 'acme/main/sol1+shop',
        guest: { ...guest, condition: { says: 'unlisted' } },
      }),
    ).toBe('zone sol1+shop is no longer listed by sol1');
    expect(told('GuestsRefused', { server: 'acme/main/sol1', problem: 'too many' })).toBe(
      'guests of sol1 are left out: too many',
    );
  });

  it('tells who ran what where, and how it ended', () => {
    const [db, web] = ['acme/main/db', 'acme/main/web'];
    const opened = { id: ID, targets: [db], command: 'uptime', reason: 'slow', account: 'ann' };
    expect(told('TerminalOpened', opened)).toBe('user eve ran `uptime` on db as ann: slow');
    const shell = { id: ID, targets: [db, web], command: null, reason: null, account: null };
    expect(told('TerminalOpened', shell)).toBe('user eve opened a shell on 2 servers');
    const request = { kind: 'open-terminal', targets: [db], command: 'uptime' };
    expect(told('PermitAsked', { id: 7, request, reason: 'slow', approval: {} })).toBe(
      'user eve asked for approval to run `uptime` on db: slow',
    );
    expect(told('PermitGoverned', { id: 7, request, change: { approved: { comment: 'seen' } } })).toBe(
      'user eve approved that somebody is to run `uptime` on db: seen',
    );
    const removal = { kind: 'remove-server', targets: [db] };
    expect(told('PermitGoverned', { id: 8, request: removal, change: 'used' })).toBe(
      'user eve went on, as was approved, to remove db',
    );
    const results = [{ end: { exited: 0 } }, { end: 'stopped' }];
    expect(told('TerminalClosed', { id: ID, results })).toBe(
      'what user eve ran ended with exit code 0 on 1 of 2 servers',
    );
    expect(told('TerminalClosed', { id: ID, results: results.slice(1) })).toBe(
      'what user eve ran ended without exit code 0',
    );
  });

  it('tells of approval, freezes and policies', () => {
    const governed = (change: unknown) => told('ActionGoverned', { id: ID, change });
    expect(governed({ approved: { comment: 'seen' } })).toBe('user eve approved an action: seen');
    expect(governed({ rejected: {} })).toBe('user eve rejected an action');
    expect(governed('continued')).toBe('user eve let the next batch of an action begin');
    const safety = (change: unknown) => told('SafetyChanged', { within: 'acme/main', change });
    const freeze = { what: { name: 'year end' } };
    expect(safety({ 'freeze-set': { id: ID, freeze } })).toBe(
      'user eve announced a freeze in cluster acme/main: year end',
    );
    expect(safety({ 'policy-deleted': { name: 'two' } })).toBe('user eve deleted a policy of approval: two');
  });

  it('tells who read which logs, and what they looked for', () => {
    const targets = ['acme/main/db/switch'];
    const reading = { purpose: 'search', pattern: 'time.?out', targets };
    expect(told('LogsRead', { reading })).toBe('user eve searched the logs of switch on db: `time.?out`');
    const tail = { purpose: 'tail', source: 'output', targets: [...targets, 'acme/main/web/switch'] };
    expect(told('LogsRead', { reading: tail })).toBe(
      'user eve followed the logs of 2 applications, source output',
    );
  });

  it('tells of problems from their beginning to their end', () => {
    const object = 'acme/main/db';
    const opened = {
      id: 7,
      problem: { object, rule: 'server-down', severity: 'critical', message: 'db is down' },
    };
    expect(told('ProblemOpened', opened)).toBe('problem 7, critical, on db: db is down');
    const about = (kind: string, more: object) => told(kind, { id: 7, object, ...more });
    expect(about('ProblemSuppressed', { suppression: { by: 'parent-down' } })).toBe(
      'problem 7 on db is not told: parent down',
    );
    expect(about('ProblemSuppressed', { suppression: null })).toBe('problem 7 on db is told again');
    expect(about('ProblemAcknowledged', { acknowledgement: { comment: 'on it', expires_at: 5 } })).toBe(
      'problem 7 on db is in the hands of user eve until t5: on it',
    );
    expect(about('ProblemGrouped', { cause: 3 })).toBe('problem 7 on db is a symptom of problem 3');
    expect(about('ProblemClosed', { reason: 'recovered' })).toBe('problem 7 on db is over: it recovered');
    expect(told('ObjectMuted', { id: ID, mute: { object, until: 9 } })).toBe('user eve muted db until t9');
    expect(told('RuleApplied', { rule: { name: 'x', severity: 'info', enabled: false } })).toBe(
      'user eve applied rule x, info, switched off',
    );
  });

  it('tells outcomes', () => {
    const step = { action: ID, target: 0 };
    const outcome = { succeeded: false, message: 'no such file' };
    expect(told('StepFinished', { step, target: SWITCH, outcome })).toBe(
      'the action on switch on vm FAILED: no such file',
    );
    expect(told('StepExpired', { step, target: SWITCH, message: 'no answer' })).toBe(
      'the action on switch on vm became UNKNOWN: no answer',
    );
    expect(told('BatchReleased', { id: ID, up_to: 4, expires_at: 0 })).toBe(
      'the next batch of the action may begin, up to target 4',
    );
    expect(told('ActionCompleted', { id: ID, status: 'SUCCEEDED' })).toBe('the action ended SUCCEEDED');
    expect(
      told(
        'StepStarted',
        { step, target: SWITCH },
        { actor: { kind: 'agent', name: 'acme/main/vm', auth: 'certificate' } },
      ),
    ).toBe('the agent of vm began to act on switch on vm');
  });

  it('tells changes of state with their cause', () => {
    const state = {
      kind: 'process',
      status: 'FAILED',
      version: '4.2',
      pid: 7,
      cause: { kind: 'signal', number: 9, name: 'SIGKILL' },
    };
    expect(told('ApplicationChanged', { application: SWITCH, state })).toBe(
      'switch on vm is FAILED, version 4.2, process 7: ended by signal 9 (SIGKILL)',
    );
    const service = { status: 'MALFUNCTION', codes: ['DISCONN01'], message: 'no line', since: 0 };
    expect(told('ServiceChanged', { service: `${SWITCH}/MC`, state: service })).toBe(
      'service MC of switch on vm is MALFUNCTION DISCONN01: no line',
    );
    const cause = { kind: 'connection', message: 'nothing heard for 10 s' };
    expect(told('ServerStatusChanged', { server: 'acme/main/vm', status: 'DOWN', cause })).toBe(
      'server vm is DOWN: nothing heard for 10 s',
    );
  });

  it('tells changes of access', () => {
    const grants = [{ role: 'operator', path: 'acme/main' }, { role: 'viewer' }];
    expect(told('UserCreated', { name: 'bob', password_hash: 'redacted', grants })).toBe(
      'user eve added user bob: operator on acme/main, viewer on everything',
    );
    expect(told('GrantsSet', { name: 'bob', grants: [] })).toBe('user eve gave user bob: no rights');
    expect(told('LoginFailed', { user: 'bob' })).toBe('a login as bob failed, from 10.0.0.9');
    expect(told('TokenCreated', { id: ID, name: 'ci', owner: 'bob', grants, expires_at: null })).toBe(
      'user eve made API token ci for bob: operator on acme/main, viewer on everything, without an end',
    );
    const key = { id: 'AKIA7', name: 'aws', owner: 'bob', account: '000000000001', grants, expires_at: null };
    expect(told('AccessKeyCreated', key)).toBe(
      'user eve made access key aws for bob: operator on acme/main, viewer on everything, without an end',
    );
    expect(told('AccessKeyRevoked', { id: 'AKIA7' })).toBe('user eve revoked access key AKIA7');
    expect(
      told('TokenCreated', {
        id: ID,
        name: 'east',
        owner: 'bob',
        grants,
        expires_at: null,
        speaks_for_users: true,
      }),
    ).toMatch(/, which speaks for every user$/);
    const request = { id: ID, join: 'east', method: 'POST', path: 'actions' };
    expect(told('RequestPassedOn', { request })).toBe(
      'user eve had POST actions passed on to the cluster east',
    );
    expect(told('RequestAnswered', { answer: { id: ID, join: 'east', status: 202, action: 'a-1' } })).toBe(
      'the cluster east answered 202 to what user eve had passed on, as its action a-1',
    );
    expect(
      told('RequestAnswered', { answer: { id: ID, join: 'east', status: null, message: 'it hangs' } }),
    ).toBe('the cluster east did not answer to what user eve had passed on: it hangs');
    expect(told('JoinTokenCreated', { id: ID, cluster: 'acme/main', uses: 2, expires_at: 5 })).toBe(
      'user eve made a join token for 2 servers of cluster acme/main, until t5',
    );
  });

  it('tells the plain values of a kind or shape that it does not know', () => {
    expect(told('ServerPainted', { colour: 'red', coats: 2, by: ['x'] }, { object: 'acme/main/vm' })).toBe(
      'user eve: ServerPainted vm, colour red, coats 2',
    );
    expect(told('UserDeleted', { name: { first: 'bob' } })).toBe('user eve: UserDeleted');
    expect(told('UserDeleted', null)).toBe('user eve: UserDeleted');
    expect(told('constructor', 4)).toBe('user eve: constructor');
  });

  it('tells of alarms that tools of AWS made', () => {
    const tenant = 'acme';
    expect(told('AwsAlarmPut', { tenant, alarm: { name: 'cpu' } })).toBe(
      'user eve put alarm cpu in tenant acme',
    );
    const said = { state: 'ALARM', reason: 'Threshold Crossed' };
    expect(told('AwsAlarmStateChanged', { tenant, name: 'cpu', said })).toBe(
      'alarm cpu is ALARM: Threshold Crossed',
    );
    expect(told('AwsAlarmHoldChanged', { tenant, name: 'cpu', hold: { by: 'wait-period', until: 4 } })).toBe(
      'the actions of alarm cpu are held back: wait period',
    );
    expect(told('AwsAlarmActionsSwitched', { tenant, name: 'cpu', enabled: false })).toBe(
      'user eve switched the actions of alarm cpu off',
    );
  });

  it('tells of dashboards that tools of AWS made', () => {
    const of = { tenant: 'acme', name: 'shop' };
    expect(told('DashboardPut', { ...of, body: '{}' })).toBe('user eve put dashboard shop in tenant acme');
    expect(told('DashboardDeleted', of)).toBe('user eve deleted dashboard shop');
  });

  it('tells of packages', () => {
    const of = (change: object) => told('PackageChanged', { tenant: 'acme', change });
    const added = { change: 'added', package: { id: 'switch@2.1', size: 7 } };
    expect(of(added)).toBe('user eve added package switch@2.1 in tenant acme');
    expect(of({ change: 'removed', id: 'switch@2.1' })).toBe(
      'user eve removed package switch@2.1 in tenant acme',
    );
  });

  it('tells of trust keys', () => {
    const of = (change: object) => told('TrustKeyChanged', { tenant: 'acme', change });
    const added = { change: 'added', key: 'RWQ', id: 'E7620F1842B4E81F' };
    expect(of(added)).toBe('user eve added trust key E7620F1842B4E81F of tenant acme');
    expect(of({ ...added, comment: 'of the release team' })).toBe(
      'user eve added trust key E7620F1842B4E81F of tenant acme: of the release team',
    );
    expect(of({ change: 'removed', id: 'E7620F1842B4E81F' })).toBe(
      'user eve removed trust key E7620F1842B4E81F of tenant acme',
    );
  });

  it('tells of log groups', () => {
    const of = { tenant: 'acme', name: '/shop', change: { what: 'deleted' } };
    expect(told('LogGroupChanged', of)).toBe('user eve changed log group /shop in tenant acme');
  });

  it('tells of a restore', () => {
    expect(told('JournalRestored', { epoch: 7, backed_up_at: 5 })).toBe(
      'the journal was restored from a backup of t5: what came after the event before is not in it',
    );
  });

  it('tells of tags', () => {
    const of = { path: 'acme/main', tags: { team: 'ops' } };
    expect(told('ObjectTagged', of)).toBe('user eve changed the tags of cluster acme/main');
    expect(told('ObjectTagged', { ...of, application: 'web' })).toBe(
      'user eve changed the tags of applications web of cluster acme/main',
    );
  });

  it('says something for every kind, whatever its payload is', () => {
    for (const kind of knownKinds()) {
      for (const payload of [null, {}, [], 'text', { state: 4, name: [], targets: [1] }]) {
        expect(told(kind, payload)).not.toBe('');
      }
    }
  });
});
