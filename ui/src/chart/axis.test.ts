import { describe, expect, it } from 'vitest';
import { axisTime, STEPS_MS } from './axis.ts';

const NOON = Date.UTC(2026, 2, 1, 12, 5, 9);
const MIDNIGHT = Date.UTC(2026, 2, 1);
const [SECOND, MINUTE, HOUR, DAY] = [1_000, 60_000, 3_600_000, 86_400_000] as const;

describe('axisTime', () => {
  it('says as much as the distance of the steps needs', () => {
    const words = [SECOND, MINUTE, HOUR, DAY, 30 * DAY].map((step) => axisTime(NOON, step, 'utc'));
    expect(words).toEqual(['12:05:09', '12:05', '12:05', '03-01', '2026-03']);
  });

  it('says at midnight which day begins', () => {
    expect(axisTime(MIDNIGHT, HOUR, 'utc')).toBe('03-01');
    expect(axisTime(MIDNIGHT, SECOND, 'utc')).toBe('00:00:00');
  });

  it('has steps that ascend', () => {
    expect(STEPS_MS).toEqual([...STEPS_MS].sort((one, other) => one - other));
  });
});
