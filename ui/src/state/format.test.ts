import { afterEach, describe, expect, it, vi } from 'vitest';
import { live } from '../live/connection.svelte.ts';
import * as format from './format.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

describe('format', () => {
  it('shows spans with their two largest units', () => {
    const spans = [0, 59, 60, 725, 3_600, 90_000, 187_200, -5].map(format.span);
    expect(spans).toEqual(['0s', '59s', '1m', '12m5s', '1h', '1d1h', '2d4h', '0s']);
  });

  it('shows how long something took', () => {
    expect([0, 340.4, 999, 3_400, 9_960, 725_000].map(format.duration)).toEqual([
      '0ms',
      '340ms',
      '999ms',
      '3.4s',
      '9s',
      '12m5s',
    ]);
  });

  it('shows bytes with three digits', () => {
    expect([0, 1_023, 1_024, 1_536, 1_048_575, 12_897_484, 332_859_965_440].map(format.bytes)).toEqual([
      '0B',
      '1023B',
      '1.0KiB',
      '1.5KiB',
      '1.0MiB',
      '12.3MiB',
      '310GiB',
    ]);
  });

  it('shows numbers as the command line does', () => {
    expect(format.count(1_234_567)).toBe('1,234,567');
    expect(format.rate(12_345.67)).toBe('12,345.7');
    expect(format.percent(63.64)).toBe('63.6%');
    expect([3.456, 212.4, 15_500].map(format.millis)).toEqual(['3.5ms', '212ms', '15.5s']);
    expect([format.counted(1, 'server'), format.counted(1_200, 'server')]).toEqual([
      '1 server',
      '1,200 servers',
    ]);
  });

  it('never shows the unknown as a number', () => {
    const { span, duration, age, bytes, percent, rate, millis, count } = format;
    for (const show of [span, duration, age, bytes, percent, rate, millis, count]) {
      for (const value of [null, undefined, NaN, Infinity, -Infinity]) {
        expect(show(value), `${show.name}(${value})`).toBe('–');
      }
    }
    for (const at of [null, undefined, '', 'yesterday', NaN, 1e20]) {
      expect(format.time(at)).toBe('–');
      expect(format.clockTime(at, 'minute')).toBe('–');
    }
    expect([format.ago('x', 0), format.until(null, 0)]).toEqual(['–', '–']);
  });

  it('tells moments from now', () => {
    const at = '1970-01-01T00:05:00.000Z';
    expect(format.ago(at, 303_000)).toBe('3s');
    expect(format.ago(at, 0)).toBe('0s');
    expect(format.until(at, 0)).toBe('in 5m');
    expect(format.until(at, 360_000)).toBe('1m ago');
  });

  it('writes times in the zone asked for, with the date only when it is another day', () => {
    const at = '2026-03-01T23:30:05.000Z';
    expect(format.time(at, 'utc')).toBe('2026-03-01 23:30:05');
    expect(format.clockTime(at, 'second', 'utc', Date.parse('2026-03-01T08:00:00Z'))).toBe('23:30:05');
    expect(format.clockTime(at, 'minute', 'utc', Date.parse('2026-03-02T08:00:00Z'))).toBe(
      '2026-03-01 23:30',
    );
    expect(format.zoneLabel('utc')).toBe('UTC');
  });

  it('writes times in the master’s zone as its hello names it, else in UTC', () => {
    const hello = { version: '1', cluster: 'default/main', time: '', heartbeat_ms: 1_000 };
    const said = vi.spyOn(live, 'hello', 'get');
    const at = '2026-03-01T23:30:05.000Z';
    const shown = (): unknown[] => [
      format.time(at, 'server'),
      format.clockTime(at, 'second', 'server', Date.parse('2026-03-01T20:00:00Z')),
      format.zoneLabel('server', Date.parse(at)),
    ];
    said.mockReturnValue({ ...hello, zone: 'Asia/Kolkata' });
    expect(shown()).toEqual(['2026-03-02 05:00:05', '05:00:05', 'GMT+5:30']);
    for (const unknown of [hello, { ...hello, zone: 'Mars/Olympus' }, null]) {
      said.mockReturnValue(unknown);
      expect(shown()).toEqual(['2026-03-01 23:30:05', '23:30:05', 'UTC']);
    }
  });
});
