import { describe, expect, it } from 'vitest';
import type { TenantRow } from '../api/schema.ts';
import {
  boundProblem,
  historyWords,
  keptWords,
  partNames,
  shortened,
  textProblem,
  toDraft,
} from './tenant.ts';

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
      raw_mib: null,
      minute_mib: null,
      hour_mib: null,
    });
  });

  it('says how long what it has is kept', () => {
    expect(keptWords(acme)).toBe('samples 30 days, hours 400 days');
    expect(keptWords({ ...acme, raw_days: null, hour_days: null })).toBe('as for all');
    expect(keptWords({ ...acme, raw_mib: 2_000, minute_mib: 100 })).toBe(
      'samples 30 days or 2,000 MiB, minutes 100 MiB, hours 400 days',
    );
  });

  it('adds up what the history has of it, once it is counted', () => {
    expect(historyWords(acme)).toBe(historyWords({ ...acme, raw_bytes: 1, minute_bytes: 1 }));
    expect(historyWords({ ...acme, raw_bytes: 1_048_576, minute_bytes: 0, hour_bytes: 0 })).toMatch(/^1.*M/);
  });

  it('says what is not shown any more when less of it is kept', () => {
    const counted = { ...acme, raw_bytes: 3 * 1_048_576, minute_bytes: 7 };
    const draft = { ...toDraft(counted), raw_mib: 2, minute_mib: 1, hour_mib: 5 };
    // The hours are not counted yet; the minutes fit.
    expect(shortened(counted, draft)).toEqual([
      'the oldest samples, beyond 2 MiB',
      'the oldest hours, beyond 5 MiB',
    ]);
    expect(shortened({ ...counted, raw_mib: 2, hour_mib: 5 }, draft)).toEqual([]);
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
