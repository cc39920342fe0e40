import { describe, expect, it } from 'vitest';
import type { RuleTrial } from '../api/schema.ts';
import { asked, drawn, isNumber } from './watched.ts';

const at = (minute: number) => new Date(Date.UTC(2026, 2, 1, 12, minute)).toISOString();

const problem = {
  object: 'acme/main/db',
  detail: 'mount="/"',
  since: at(0),
  opened_at: at(1),
  closed_at: null,
};

const trial: RuleTrial = {
  name: 'filesystem-full',
  severity: 'major',
  since: at(-60),
  until: at(5),
  step_ms: 60_000,
  looked_at: 1,
  bound: 90,
  total: 1,
  lasted_ms: 0,
  notices: 0,
  gaps: [],
  days: [],
  problems: [],
  series: [{ object: 'acme/main/db', detail: 'mount="/"', first: at(0), values: [null, 95] }],
};

describe('the number that a problem watches', () => {
  it('is asked for from an hour before the problem until now, or an hour after its end', () => {
    const now = Date.parse(at(30));
    expect(asked(problem, 'text', now)).toEqual({
      ...{ text: 'text', since: at(-60), until: at(30), on: 'path=acme/main/db', detail: 'mount="/"' },
      draw: 1,
    });
    const later = Date.parse(at(600));
    expect(asked({ ...problem, closed_at: at(10) }, 'text', later)).toMatchObject({ until: at(70) });
    expect(asked({ ...problem, closed_at: at(10) }, 'text', now)).toMatchObject({ until: at(30) });
  });

  it('is drawn with this problem alone, and not at all without a value', () => {
    expect(drawn(trial, problem)?.problems).toMatchObject([{ opened: at(1), closed: null }]);
    expect(drawn(trial, { ...problem, detail: 'mount="/home"' })).toBeNull();
    const [series] = trial.series;
    expect(drawn({ ...trial, series: series ? [{ ...series, values: [null] }] : [] }, problem)).toBeNull();
  });

  it('is there for rules on numbers', () => {
    expect(['threshold', 'datapoints', 'absent', 'server'].map((kind) => isNumber({ kind }))).toEqual([
      ...[true, true, true, false],
    ]);
  });
});
