import { describe, expect, it } from 'vitest';
import { inOrder, type Line } from './reading.svelte.ts';

function line(id: number, server: string, second: number, more: Partial<Line> = {}): Line {
  const application = `acme/main/${server}/shop`;
  const time = `2026-03-01T12:00:0${second}Z`;
  return { id, application, source: 'output', time, text: `${server}${second}`, ...more };
}

describe('inOrder', () => {
  it('keeps the lines around a match with it, whatever came between', () => {
    const came = [
      line(0, 'a', 5, { is_context: true, is_apart: true }),
      line(1, 'b', 4, { is_context: true, is_apart: true }),
      line(2, 'a', 6),
      line(3, 'b', 5),
      line(4, 'a', 7, { is_context: true }),
      line(5, 'a', 1, { is_apart: true }),
    ];
    expect(inOrder(came).map(({ text }) => text)).toEqual(['a1', 'b4', 'b5', 'a5', 'a6', 'a7']);
  });
});
