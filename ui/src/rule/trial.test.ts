import { describe, expect, it } from 'vitest';
import type { RuleTrial } from '../api/schema.ts';
import { bands, called, extent, lines, switched, TEMPLATE } from './trial.ts';

const at = (minute: number) => new Date(Date.UTC(2026, 2, 1, 12, minute)).toISOString();

const trial: RuleTrial = {
  name: 'queue-long',
  severity: 'major',
  since: at(0),
  until: at(3),
  step_ms: 60_000,
  looked_at: 2,
  bound: 10,
  total: 2,
  lasted_ms: 120_000,
  notices: 3,
  gaps: [],
  days: [],
  problems: [
    { ...problem('acme/main/db'), opened: at(1), closed: at(2) },
    { ...problem('acme/main/db'), opened: at(2), closed: null },
    { ...problem('acme/main/web'), opened: at(1), closed: null },
  ],
  series: [{ object: 'acme/main/db', detail: '', first: at(0), values: [1, null, 30] }],
};

function problem(object: string) {
  return {
    object,
    detail: '',
    since: at(0),
    opened: at(1),
    closed: null,
    value: 30,
    peak: 31,
    message: '30 wait',
    flapping: false,
    notices: 1,
  };
}

describe('a trial', () => {
  it('is drawn with a gap where there was no value', () => {
    expect(lines(trial)).toEqual({
      times: [at(0), at(1), at(2)].map(Date.parse),
      columns: [[1, null, 30]],
    });
    expect(lines({ ...trial, step_ms: null, series: [] })).toEqual({ times: [], columns: [] });
  });

  it('marks problems of what is drawn, up to its end when they are open', () => {
    expect(bands(trial)).toEqual([
      { from: Date.parse(at(1)), to: Date.parse(at(2)) },
      { from: Date.parse(at(2)), to: Date.parse(at(3)) },
    ]);
    expect(bands({ ...trial, series: [] })).toHaveLength(3);
  });

  it('has an axis from zero that reaches beyond bound and values', () => {
    const [low, high] = extent(1, 30, 50);
    expect(low).toBe(0);
    expect(high).toBeGreaterThan(50);
    expect(extent(-10, 5, null)[0]).toBeLessThan(-10);
    expect(extent(null, null, null)).toEqual([0, 1.08]);
  });
});

describe('a rule', () => {
  it('is switched off and on in its text and nowhere else', () => {
    const off = switched(TEMPLATE, false);
    expect(off).toContain('[[rule]]\nenabled = false\nname =');
    expect(switched(off, false)).toBe(off);
    expect(switched(off, true)).toBe(TEMPLATE);
    expect(switched(TEMPLATE, true)).toBe(TEMPLATE);
    expect(switched(TEMPLATE.replace('for =', 'enabled = false\nfor ='), true)).toBe(TEMPLATE);
  });

  it('calls series as people do', () => {
    expect(called({ object: 'acme/main/db', detail: '' })).toBe('db');
    expect(called({ object: 'acme/main/db/app', detail: 'mount="/"' })).toBe('db/app mount="/"');
    expect(called({ object: 'acme/main', detail: '' })).toBe('acme/main');
  });
});
