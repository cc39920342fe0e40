import { describe, expect, it } from 'vitest';
import { draftProblems, emptyDraft, endpointOf, requestOf, shownInstead, stateOf } from './host.ts';

const KEY = `SHA256:${'a'.repeat(43)}`;

describe('a host', () => {
  it('is written as ssh takes it', () => {
    expect(endpointOf('db1')).toEqual({ address: 'db1', port: 22, user: 'monitor' });
    expect(endpointOf('ops@gate.example:2222')).toEqual({ address: 'gate.example', port: 2222, user: 'ops' });
    expect(endpointOf('[fe80::1]:22')).toEqual({ address: 'fe80::1', port: 22, user: 'monitor' });
    expect(endpointOf('fe80::1')).toEqual({ address: 'fe80::1', port: 22, user: 'monitor' });
    for (const wrong of ['', '@db1', 'db1:0', 'db1:99999', 'db1:x', 'd b', '[fe80::1', 'ops@']) {
      expect(endpointOf(wrong), wrong).toBeNull();
    }
  });

  it('is asked for with the keys that were accepted, the nearest first', () => {
    const draft = { ...emptyDraft(), host: 'db1', jump: 'ops@gate, inner', secret: ' k ' };
    const { servers, logins } = requestOf(draft, [KEY], { dry_run: true });
    expect(servers[0]?.jumps?.map((jump) => jump.fingerprint)).toEqual([KEY, null]);
    expect(servers[0]).toMatchObject({ name: 'db1', endpoint: { fingerprint: null }, interval_ms: 10_000 });
    expect(logins).toEqual([{ private_key: 'k\n' }]);
  });

  it('says what is missing at its field', () => {
    expect(draftProblems(emptyDraft())).toMatchObject({
      host: 'write a host, or USER@HOST:PORT',
      secret: 'give the private key',
      jump: null,
      seconds: null,
    });
    const draft = { ...emptyDraft(), host: 'a', secret: 'x', jump: 'a,,:1', seconds: 1.5 };
    expect(draftProblems(draft)).toMatchObject({
      jump: 'write hosts as USER@HOST:PORT, separated by commas',
      seconds: 'give a whole number from 1 to 3,600',
    });
  });
});

describe('a row', () => {
  it('says in words whether it is read', () => {
    expect(stateOf({ connected: true, problem: null })).toBe('read');
    expect(stateOf({ connected: false, problem: null })).toBe('not read yet');
    expect(stateOf({ connected: false, problem: 'it hangs' })).toBe('not read: it hangs');
    expect(stateOf({ connected: true, problem: 'df is cut' })).toBe('read, but df is cut');
  });

  it('knows the key that was shown instead', () => {
    const problem = `the host key of m@a is not the one that is trusted: ${KEY} was expected and ${KEY} shown; …`;
    expect(shownInstead(problem)).toBe(KEY);
    expect(shownInstead('it hangs')).toBeNull();
  });
});
