import { expect, test } from 'vitest';
import { qrPath } from './qr.ts';

test('each run of dark modules is one rectangle', () => {
  expect(qrPath(['1101', '000', '1'])).toBe('M0 0h2v1h-2zM3 0h1v1h-1zM0 2h1v1h-1z');
  expect(qrPath([])).toBe('');
});
