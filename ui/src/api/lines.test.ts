import { describe, expect, it } from 'vitest';
import { Lines } from './lines.ts';

describe('lines of an answer', () => {
  it('are whole, however they are cut on their way', () => {
    const text = '{"event":"heartbeat","data":{"time":"x"}}\n{"event":"ended","data":{}}\n';
    const lines = new Lines();
    const events = [...text].flatMap((letter) => lines.push(letter));
    expect(events).toMatchObject([{ event: 'heartbeat' }, { event: 'ended' }]);
  });
});
