import { describe, expect, it } from 'vitest';
import type { Action, ActionTarget, PlannedTarget } from '../api/schema.ts';
import { asksForNumber, batchOf, newDraft, problemsOf, suggestsRolling, toRequest } from './draft.ts';
import { planLines, rollingWords, summarise, summaryWords } from './plan.ts';
import { applyProgress, elapsedMs, outcomeWords, sortedTargets, targetMs, unfinished } from './progress.ts';
import { commandWords, countWords, objectWords } from './words.ts';

const ON_A = 'acme/main/a/switch';
const ON_B = 'acme/main/b/switch';
const OTHER = 'acme/main/b/router';

describe('words', () => {
  it('say exactly what is acted on', () => {
    expect(commandWords('restart', [ON_A])).toBe('Restart switch on a');
    expect(commandWords('stop', [ON_A, ON_B])).toBe('Stop 2 applications');
    expect(commandWords('start', [ON_A], 12_000)).toBe('Start 12,000 applications');
  });

  it('name objects of every depth', () => {
    expect(['acme', 'acme/main', 'acme/main/a', ON_A, `${ON_A}/MC`].map(objectWords)).toEqual([
      'tenant acme',
      'cluster acme/main',
      'a',
      'switch on a',
      'MC of switch on a',
    ]);
    const east = 'acme/main@east/a';
    expect([east, `${east}/switch`, `${east}/switch/MC`].map(objectWords)).toEqual([
      'a in east',
      'switch on a in east',
      'MC of switch on a in east',
    ]);
    expect(commandWords('restart', [`${east}/switch`])).toBe('Restart switch on a in east');
  });

  it('count what needs a person first and leave out what there is not', () => {
    expect(countWords({ pending: 0, running: 1, succeeded: 1_000, failed: 2, unknown: 0 })).toBe(
      '2 failed, 1 running, 1,000 succeeded',
    );
    expect(countWords({ pending: 0, running: 0, succeeded: 0, failed: 0, unknown: 0 })).toBe('no targets');
  });
});

describe('draft', () => {
  it('bounds the reason in bytes, not in characters', () => {
    expect(problemsOf({ ...newDraft('stop'), reason: 'é'.repeat(500) })).toEqual({});
    expect(problemsOf({ ...newDraft('stop'), reason: 'é'.repeat(501) }).reason).toContain('1,002 bytes');
  });

  it('checks the rolling numbers only when rolling', () => {
    const wrong = { ...newDraft('stop'), batch: 0, waitS: 1.5 };
    expect(problemsOf(wrong)).toEqual({});
    expect(Object.keys(problemsOf({ ...wrong, rolling: true }))).toEqual(['batch', 'waitS']);
    expect(Object.keys(problemsOf({ ...wrong, rolling: true, batch: null, waitS: null }))).toEqual([
      'batch',
      'waitS',
    ]);
  });

  it('takes a share of the targets as the master does', () => {
    const share = { ...newDraft('restart'), rolling: true, batch: 25, inPercent: true };
    expect(toRequest(share, [ON_A, ON_B, OTHER], 'id').rolling).toEqual({
      percent: 25,
      wait_ms: 0,
      on_error: 'stop',
    });
    expect([1, 4, 5, 9].map((total) => batchOf(share, total))).toEqual([1, 1, 2, 3]);
    expect(batchOf({ ...share, inPercent: false }, 3)).toBe(25);
    expect(problemsOf(share)).toEqual({});
    expect(problemsOf({ ...share, batch: 101 }).batch).toBe('give a whole number from 1 to 100');
  });

  it('makes a request that names its targets and leaves out what was not said', () => {
    expect(toRequest({ ...newDraft('start'), reason: '  ' }, [ON_A], 'id')).toEqual({
      id: 'id',
      operation: 'start',
      targets: [ON_A],
      timeout_ms: 120_000,
    });
    const rolling = { ...newDraft('restart'), reason: ' new key ', rolling: true, batch: 2, waitS: 5 };
    expect(toRequest(rolling, [ON_A, ON_B, OTHER], 'id')).toEqual({
      id: 'id',
      operation: 'restart',
      targets: [ON_A, ON_B, OTHER],
      reason: 'new key',
      timeout_ms: 120_000,
      rolling: { batch: 2, wait_ms: 5_000, on_error: 'stop' },
    });
  });

  it('asks why guards are overridden, and reads when it begins', () => {
    const override = { ...newDraft('stop'), override: true };
    expect(problemsOf(override).reason).toContain('why');
    expect(toRequest({ ...override, reason: 'closed' }, [ON_A], 'id').override_guards).toBe(true);
    expect(problemsOf({ ...newDraft('stop'), at: 'soon' }).at).toContain('write a time');
    const later = { ...newDraft('start'), at: '2026-03-01T22:00:00Z', waves: true, ask: true };
    expect(problemsOf(later)).toEqual({});
    expect(toRequest(later, [ON_A], 'id')).toMatchObject({
      at: '2026-03-01T22:00:00.000Z',
      waves: true,
      ask: true,
    });
  });

  it('suggests one at a time for instances of one application, but not for starting them', () => {
    expect(suggestsRolling('restart', [ON_A, ON_B])).toBe(true);
    expect(suggestsRolling('restart', [ON_A, OTHER])).toBe(false);
    expect(suggestsRolling('start', [ON_A, ON_B])).toBe(false);
  });

  it('asks for the number when many would go down', () => {
    expect(asksForNumber('stop', 5)).toBe(false);
    expect(asksForNumber('stop', 6)).toBe(true);
    expect(asksForNumber('start', 600)).toBe(false);
  });
});

function planned(
  path: string,
  effect = 'is stopped, then started',
  batch = 1,
): PlannedTarget & { batch?: number } {
  return { path, status: 'STARTED', effect, batch, wave: 1 };
}

describe('plan', () => {
  it('is put together by waves where there are several', () => {
    const targets = [planned(ON_A), { ...planned(OTHER), wave: 2 }];
    const groups = planLines(targets, false).flatMap((line) => ('group' in line ? [line.group] : []));
    expect(groups).toEqual(['Wave 1', 'Wave 2']);
  });

  it('counts what changes and what does not', () => {
    const idle = 'is STARTED already, nothing happens';
    const targets = [planned(ON_A, idle), planned(ON_B, 'is started'), planned(OTHER, idle)];
    const summary = summarise({ operation: 'start', targets });
    expect(summary.effects).toEqual([
      { words: idle, count: 2 },
      { words: 'is started', count: 1 },
    ]);
    expect(summaryWords(summary)).toBe('1 application changes; nothing happens for 2 of 3.');
    expect(summaryWords(summarise({ operation: 'start', targets: [] }))).toBe(
      'No application is left to act on.',
    );
    expect(summaryWords(summarise({ operation: 'start', targets: [planned(ON_A, idle)] }))).toBe(
      'Nothing happens.',
    );
  });

  it('groups by application only where that tells something', () => {
    const same = [planned(ON_A), planned(ON_B)];
    expect(planLines(same, false)).toHaveLength(2);
    expect(planLines([planned(ON_A), planned(OTHER)], false)).toHaveLength(2);
    expect(
      planLines([...same, planned(OTHER)], false).map((line) => ('group' in line ? line.group : '·')),
    ).toEqual(['switch', '·', '·', 'router', '·']);
  });

  it('shows batches in their order', () => {
    const lines = planLines([planned(ON_A, '', 1), planned(ON_B, '', 1), planned(OTHER, '', 2)], true);
    expect(lines.map((line) => ('group' in line ? line.group : line.target.path))).toEqual([
      'Batch 1',
      ON_A,
      ON_B,
      'Batch 2',
      OTHER,
    ]);
    expect(planLines([planned(ON_A, '', 1), planned(ON_B, '', 2)], true)).toHaveLength(2);
  });

  it('tells how a rolling action goes', () => {
    expect(rollingWords(3, 1, 0, 'stop')).toBe('3 batches, one at a time; the first failure stops the rest');
    expect(rollingWords(3, 4, 5, 'continue')).toBe(
      '1 batch, 4 at a time, 5 s between; goes on after failures',
    );
  });
});

function target(path: string, status: ActionTarget['status']): ActionTarget {
  return { path, status, message: null, started_at: null, finished_at: null };
}

function action(targets: ActionTarget[]): Action {
  return {
    id: '018f0000-0000-7000-8000-000000000000',
    operation: 'restart',
    status: 'RUNNING',
    principal: 'user eve',
    auth: 'session',
    reason: null,
    created_at: '2026-03-01T12:00:00.000Z',
    completed_at: null,
    expires_at: '2026-03-01T12:02:00.000Z',
    targets,
    counts: { pending: targets.length, running: 0, succeeded: 0, failed: 0, unknown: 0 },
  };
}

describe('progress', () => {
  it('takes in what changed and nothing else', () => {
    const before = action([target(ON_A, 'PENDING'), target(ON_B, 'PENDING')]);
    const counts = { pending: 1, running: 0, succeeded: 0, failed: 1, unknown: 0 };
    const after = applyProgress(before, {
      expires_at: '2026-03-01T12:09:00.000Z',
      status: 'RUNNING',
      counts,
      targets: [target(ON_B, 'FAILED'), target('acme/main/c/else', 'FAILED')],
    });
    expect(after.targets.map(({ status }) => status)).toEqual(['PENDING', 'FAILED']);
    expect(after.counts).toEqual(counts);
    expect(after.completed_at).toBeNull();
    expect(after.expires_at).toBe('2026-03-01T12:09:00.000Z');
    expect(before.targets.map(({ status }) => status)).toEqual(['PENDING', 'PENDING']);
  });

  it('shows what needs a person first and knows what to do again', () => {
    const targets = [target(ON_A, 'SUCCEEDED'), target(ON_B, 'FAILED'), target(OTHER, 'UNKNOWN')];
    expect(sortedTargets(targets).map(({ status }) => status)).toEqual(['FAILED', 'UNKNOWN', 'SUCCEEDED']);
    expect(unfinished(targets)).toEqual([ON_B, OTHER]);
  });

  it('says the outcome in one line', () => {
    const many = action([target(ON_A, 'SUCCEEDED'), target(ON_B, 'FAILED')]);
    const counts = { pending: 0, running: 0, succeeded: 1, failed: 1, unknown: 0 };
    expect(outcomeWords({ ...many, status: 'FAILED', counts })).toBe(
      'Restart of 2 applications: 1 failed, 1 succeeded',
    );
    const one = { ...counts, failed: 0 };
    expect(outcomeWords({ ...action([target(ON_A, 'SUCCEEDED')]), status: 'SUCCEEDED', counts: one })).toBe(
      'Restart of switch on a: succeeded',
    );
  });

  it('measures to the end, or to now, and never backwards', () => {
    const begun = action([]);
    const start = Date.parse(begun.created_at);
    expect(elapsedMs(begun, start + 5)).toBe(5);
    expect(elapsedMs(begun, start - 600_000)).toBe(0);
    expect(elapsedMs({ ...begun, completed_at: '2026-03-01T12:00:01.000Z' }, 0)).toBe(1_000);
    expect(targetMs(target(ON_A, 'PENDING'), start)).toBeNull();
  });
});
