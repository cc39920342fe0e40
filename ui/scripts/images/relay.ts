// Carries the connections of one server's agent to the master's socket in the file system (fleet.ts).

import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';

/** Joins two connections: what one says the other hears, and both end together. */
export function bridge(one: Socket, other: Socket): void {
  one.pipe(other).pipe(one);
  for (const [ended, left] of [
    [one, other],
    [other, one],
  ] as const) {
    ended.on('error', () => left.destroy());
    ended.on('close', () => left.destroy());
  }
}

const [, , socket] = process.argv;
if (import.meta.main && socket !== undefined) {
  createServer((agent) => bridge(agent, connect(socket))).listen(7400, '127.0.0.1');
}
