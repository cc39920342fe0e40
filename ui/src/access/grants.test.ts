import { describe, expect, it } from 'vitest';
import {
  draftProblems,
  grantText,
  grantWords,
  nameProblem,
  passwordProblem,
  pathProblem,
  sameGrants,
  toDrafts,
  toGrants,
} from './grants.ts';
import type { Grant } from '../api/schema.ts';

const GRANTS: Grant[] = [
  { role: 'operator', path: 'acme/main' },
  { role: 'viewer', path: null },
];

describe('grants', () => {
  it('survive being edited', () => {
    expect(toGrants(toDrafts(GRANTS))).toEqual(GRANTS);
  });

  it('are taken once, without blanks around their path', () => {
    const drafts = [
      { role: 'viewer' as const, path: ' acme ' },
      { role: 'viewer' as const, path: 'acme' },
      { role: 'viewer' as const, path: '  ' },
    ];
    expect(toGrants(drafts)).toEqual([
      { role: 'viewer', path: 'acme' },
      { role: 'viewer', path: null },
    ]);
  });

  it('are written as on the command line and told in words', () => {
    expect(GRANTS.map(grantText)).toEqual(['operator:acme/main', 'viewer']);
    expect(GRANTS.map(grantWords)).toEqual(['operator on acme/main', 'viewer on everything']);
  });

  it('are the same in any order', () => {
    expect(sameGrants(GRANTS, GRANTS.toReversed())).toBe(true);
    expect(sameGrants(GRANTS, GRANTS.slice(1))).toBe(false);
  });
});

describe('checks', () => {
  it('take and refuse the names that the master does', () => {
    for (const good of ['eve', '_', '7', 'a.b-c+d@e:f', 'x'.repeat(253)])
      expect(nameProblem(good)).toBeNull();
    for (const bad of ['', '.eve', '-', 'e ve', 'e/ve', 'évé', 'x'.repeat(254), 'a\n']) {
      expect(nameProblem(bad), bad).not.toBeNull();
    }
  });

  it('take paths of one to five good names', () => {
    expect(pathProblem('acme')).toBeNull();
    expect(pathProblem('a/b/c/d/e')).toBeNull();
    for (const bad of ['a/b/c/d/e/f', 'a//b', '/a', 'a/', 'a/b c'])
      expect(pathProblem(bad), bad).not.toBeNull();
    expect(pathProblem('acme/main', 2)).toBeNull();
    expect(pathProblem('acme', 2)).toBe('write tenant/cluster');
  });

  it('say which line is wrong', () => {
    const lines = ['', 'acme', 'ac me'].map((path) => ({ role: 'viewer' as const, path }));
    expect(draftProblems(lines).map((problem) => problem === null)).toEqual([true, true, false]);
  });

  it('count characters of a short password and bytes of a long one', () => {
    expect(passwordProblem('')).not.toBeNull();
    // How long it must be is the master's policy.
    expect(passwordProblem('é')).toBeNull();
    expect(passwordProblem('é'.repeat(512))).toBeNull();
    expect(passwordProblem('é'.repeat(513))).not.toBeNull();
  });
});
