// Ids of actions, made here: a version 7 UUID (RFC 9562, 5.7), so that a request sent twice is one action.

/** Milliseconds fit into 48 bits for the next 8,900 years. */
const TIME_BYTES = 6;

/**
 * A new id. `now` is the time in milliseconds since 1970, `random` sixteen random bytes; both can be given, for tests.
 */
export function uuidV7(now = Date.now(), random = crypto.getRandomValues(new Uint8Array(16))): string {
  const bytes = Uint8Array.from(random);
  let rest = Math.max(0, Math.floor(now));
  for (let at = TIME_BYTES - 1; at >= 0; at--) {
    bytes[at] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return [0, 8, 12, 16, 20].map((from, at, cuts) => hex.slice(from, cuts[at + 1])).join('-');
}

/** True for an action's id, with the name of its cluster if it is a joined one; objects have paths. */
export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(?:@[\w.+:-]+)?$/i.test(text);
}
