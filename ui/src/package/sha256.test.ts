import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Sha256 } from './sha256.ts';

/** The digest of bytes that come in pieces of a size. */
function pieced(bytes: Uint8Array, size: number): string {
  const digest = new Sha256();
  for (let at = 0; at < bytes.length; at += size) digest.update(bytes.subarray(at, at + size));
  return digest.finish();
}

describe('SHA-256', () => {
  it('is that of the standard', () => {
    expect(new Sha256().finish()).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    expect(pieced(new TextEncoder().encode('abc'), 3)).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  });

  it('is the same whatever the pieces, around every end of a block', () => {
    for (const length of [1, 54, 55, 56, 57, 63, 64, 65, 119, 120, 127, 128, 129, 1_000]) {
      const bytes = Uint8Array.from({ length }, (_, at) => (at * 31 + length) & 0xff);
      const expected = createHash('sha256').update(bytes).digest('hex');
      for (const size of [1, 7, 64, 100, 1_000]) {
        expect(pieced(bytes, size), `${length} bytes, ${size} at once`).toBe(expected);
      }
    }
  });
});
