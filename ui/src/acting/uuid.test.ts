import { describe, expect, it } from 'vitest';
import { isUuid, uuidV7 } from './uuid.ts';

describe('uuidV7', () => {
  it('is the example of RFC 9562, appendix A.6', () => {
    const hex = '000000000000' + '7cc3' + '98c4dc0c0c07398f';
    const random = Uint8Array.from(hex.match(/../g) ?? [], (byte) => parseInt(byte, 16));
    expect(uuidV7(0x017f22e279b0, random)).toBe('017f22e2-79b0-7cc3-98c4-dc0c0c07398f');
  });

  it('has version and variant whatever the random bytes are', () => {
    const form = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
    expect(uuidV7(0, new Uint8Array(16).fill(255))).toMatch(form);
    expect(uuidV7(0, new Uint8Array(16))).toMatch(form);
    expect(uuidV7()).toMatch(form);
  });

  it('grows with the time and differs within a millisecond', () => {
    expect(uuidV7(1_000) < uuidV7(1_001)).toBe(true);
    expect(new Set(Array.from({ length: 1_000 }, () => uuidV7(5))).size).toBe(1_000);
  });
});

describe('isUuid', () => {
  it('tells actions from objects', () => {
    expect(isUuid(uuidV7())).toBe(true);
    expect(isUuid('default/main/vm')).toBe(false);
    expect(isUuid('017f22e2-79b0')).toBe(false);
  });
});
