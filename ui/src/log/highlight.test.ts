import { describe, expect, it } from 'vitest';
import { marker, pieces } from './highlight.ts';

const shown = (text: string, pattern: string, ignoreCase = false, fixed = false) =>
  pieces(text, marker(pattern, ignoreCase, fixed))
    .map(({ text, hit }) => (hit ? `<${text}>` : text))
    .join('');

describe('marks of a line', () => {
  it('stand at what matches', () => {
    expect(shown('an error, an Error', 'error')).toBe('an <error>, an Error');
    expect(shown('an error, an Error', 'error', true)).toBe('an <error>, an <Error>');
    expect(shown('took 12ms', '\\d+ms|s')).toBe('took <12ms>');
    expect(shown('a.c abc', 'a.c', false, true)).toBe('<a.c> abc');
    expect(shown('nothing', 'x')).toBe('nothing');
  });

  it('are left out for what could take for ever, and for what the browser does not know', () => {
    for (const pattern of ['(a*)*b', '(a|aa)+$', 'x+x+y', '(?i)error', '(', 'a{2,}b+']) {
      expect(marker(pattern, false, false), pattern).toBeNull();
    }
  });
});
