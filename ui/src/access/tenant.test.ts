import { describe, expect, it } from 'vitest';
import type { TenantRow } from '../api/schema.ts';
import { boundProblem, keptWords, partNames, shortened, textProblem, toDraft } from './tenant.ts';

const use = { now: 7, taken: 7, refused: 0 };
const acme: TenantRow = {
  tenant: 'acme',
  title: 'Acme Ltd',
  servers: 1,
  applications: 2,
  users: 0,
  series: { ...use, quota: 50_000 },
  samples: use,
  requests: { ...use, quota: 50 },
  raw_days: 30,
  hour_days: 400,
};

describe('tenant', () => {
  it('keeps in its draft what nobody touched', () => {
    expect(toDraft(acme)).toEqual({
      title: 'Acme Ltd',
      series: 50_000,
      samples_per_s: null,
      requests_per_s: 50,
      raw_days: 30,
      minute_days: null,
      hour_days: 400,
    });
  });

  it('says how long what it has is kept', () => {
    expect(keptWords(acme)).toBe('samples 30 days, hours 400 days');
    expect(keptWords({ ...acme, raw_days: null, hour_days: null })).toBe('as for all');
  });

  it('says what is not shown any more when it is kept for less long', () => {
    const draft = toDraft(acme);
    expect(shortened(acme, draft)).toEqual([]);
    expect(shortened(acme, { ...draft, raw_days: 31, hour_days: null })).toEqual([]);
    expect(shortened(acme, { ...draft, raw_days: 1, minute_days: 30, hour_days: 0.5 })).toEqual([
      'samples older than 1 day',
      'minutes older than 30 days',
    ]);
  });

  it('says what is wrong before the master does', () => {
    for (const value of [0, -1, 1.5, 2 ** 60]) expect(boundProblem(value), String(value)).not.toBeNull();
    for (const value of [null, 1, 50_000]) expect(boundProblem(value), String(value)).toBeNull();
    expect(textProblem(' ', 'say why')).toBe('say why');
    expect(textProblem('ü'.repeat(101), 'say why')).toBe('write at most 200 bytes');
    expect(textProblem('it has ended', 'say why')).toBeNull();
  });

  it('names the first of a part', () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    expect(partNames({ what: 'users', count: 6, names })).toBe('a, b, c, d, e and 1 more');
    expect(partNames({ what: 'users', count: 2, names: ['a', 'b'] })).toBe('a, b');
    expect(partNames({ what: 'series', count: 9, names: [] })).toBe('');
  });
});
