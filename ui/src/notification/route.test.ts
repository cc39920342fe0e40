import { describe, expect, test } from 'vitest';
import type { RouteRow } from '../api/schema.ts';
import { draftOf, newRoute, newTime, routeProblems, routeText, scheduleWords } from './route.ts';

const ROW: RouteRow = {
  name: 'night',
  order: 10,
  within: null,
  filter: 'server=db-*',
  severity: 'critical',
  channels: ['pager'],
  schedule: [{ weekdays: ['saturday', 'sunday'], at: '18:00', lasts: '14h', zone: 'Europe/Zurich' }],
  group_by: 'object',
  group_wait: '30s',
  repeat: '1h',
  per_hour: 20,
  escalation: [{ after: '15m', channels: ['boss', 'chief'] }],
  goes_on: true,
  enabled: false,
  in_schedule: false,
  text: '',
};

describe('a route in a form', () => {
  test('is written as a file has it', () => {
    const draft = draftOf(ROW);
    expect(draft && routeText(draft)).toBe(
      [
        '[[route]]',
        'name = "night"',
        'order = 10',
        'filter = "server=db-*"',
        'severity = "critical"',
        'schedule = [{ on = { weekly = ["saturday", "sunday"] }, at = "18:00", lasts = "14h", zone = "Europe/Zurich" }]',
        'channels = ["pager"]',
        'group = { by = "object", wait = "30s" }',
        'repeat = "1h"',
        'per_hour = 20',
        'escalation = [{ after = "15m", channels = ["boss", "chief"] }]',
        'continue = true',
        'enabled = false',
        '',
      ].join('\n'),
    );
  });

  test('that is new holds the only channel there is, and says nothing that is usual', () => {
    const draft = { ...newRoute(['chat']), name: 'a "b"\\c\n' };
    expect(routeText(draft)).toBe(
      '[[route]]\nname = "a \\"b\\"\\\\c"\norder = 100\nchannels = ["chat"]\nper_hour = 60\n',
    );
    expect(newRoute(['chat', 'pager']).channels).toEqual([]);
  });

  test('with days that the form cannot show is left to its text', () => {
    const days = { ...ROW, schedule: [{ weekdays: null, at: '02:00', lasts: '1h', zone: 'UTC' }] };
    expect(draftOf(days)).toBeNull();
  });

  test('says what is wrong at its field', () => {
    const draft = draftOf(ROW);
    if (!draft) throw new Error('no draft');
    const wrong = (change: Partial<typeof draft>) =>
      Object.entries(routeProblems({ ...draft, ...change })).flatMap(([name, problem]) =>
        problem === null ? [] : [name],
      );
    expect(wrong({})).toEqual([]);
    expect(wrong({ name: ' ' })).toEqual(['name']);
    expect(wrong({ order: 1.5 })).toEqual(['order']);
    expect(wrong({ channels: [] })).toEqual(['channels']);
    expect(wrong({ repeat: 'often' })).toEqual(['repeat']);
    expect(wrong({ perHour: 0 })).toEqual(['perHour']);
    expect(wrong({ groupWait: 'a while' })).toEqual(['groupWait']);
    expect(wrong({ schedule: [{ ...newTime(), at: 'evening' }] })).toEqual(['schedule']);
    expect(wrong({ escalation: [{ after: '15m', channels: [] }] })).toEqual(['escalation']);
  });

  test('tells when it takes problems in words', () => {
    expect(scheduleWords(ROW)).toBe('Sat, Sun from 18:00 for 14h (Europe/Zurich)');
    expect(scheduleWords({ schedule: [] })).toBe('always');
  });
});
