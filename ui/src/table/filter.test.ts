import { describe, expect, it } from 'vitest';
import {
  addTerm,
  hasTerm,
  joined,
  offsetOf,
  pieces,
  quote,
  removeTerm,
  valuesOf,
  type Term,
} from './filter.ts';

const terms = (text: string): Term[] => pieces(text).filter((piece): piece is Term => piece.kind === 'term');

describe('pieces', () => {
  it('reads fields, operators and lists as the model does', () => {
    const read = (text: string) =>
      terms(text).map((term) => [
        term.negated,
        term.field,
        term.operator,
        term.values.map((value) => value.text).join('|'),
      ]);
    expect(read('status!=UP os=aix cpu>80 switch')).toEqual([
      [false, 'status', '!=', 'UP'],
      [false, 'os', '=', 'aix'],
      [false, 'cpu', '>', '80'],
      [false, null, null, 'switch'],
    ]);
    expect(read('name=db-*,web-*  -tenant:acme')).toEqual([
      [false, 'name', '=', 'db-*|web-*'],
      [true, 'tenant', ':', 'acme'],
    ]);
    expect(read('cpu >= 85.5 --db-1 a :b')).toEqual([
      [false, 'cpu', '>=', '85.5'],
      [false, null, null, 'db-1'],
      [false, null, null, 'a'],
      [false, null, null, ':b'],
    ]);
    expect(read('name="say \\"no\\"", x')).toEqual([[false, 'name', '=', 'say "no"|x']]);
  });

  it('passes every sign, whatever is written', () => {
    const signs = ['"', '\\', '(', ')', ',', '|', '-', '!', '=', '>', ' ', 'a', 'or', 'é', '🦀', 'status='];
    let seed = 7;
    const next = (below: number): number => {
      seed = (seed * 1103515245 + 12345) % 2147483648;
      return seed % below;
    };
    for (let round = 0; round < 2_000; round += 1) {
      const text = Array.from({ length: next(12) }, () => signs[next(signs.length)] ?? '').join('');
      let end = 0;
      for (const piece of pieces(text)) {
        expect(piece.from, text).toBeGreaterThanOrEqual(end);
        expect(piece.to, text).toBeGreaterThan(piece.from);
        expect(piece.to, text).toBeLessThanOrEqual(text.length);
        end = piece.to;
      }
    }
  });
});

describe('quote', () => {
  it('leaves words alone and quotes what would mean something else', () => {
    expect(['UP', 'db-1.example', 'Débian', 'a/b'].map(quote)).toEqual([
      'UP',
      'db-1.example',
      'Débian',
      'a/b',
    ]);
    expect(['none', 'OR', 'a b', 'db-*', '-x', '', 'k=v', 'say "no"', 'c:\\'].map(quote)).toEqual([
      '"none"',
      '"OR"',
      '"a b"',
      '"db-*"',
      '"-x"',
      '""',
      '"k=v"',
      '"say \\"no\\""',
      '"c:\\\\"',
    ]);
  });
});

describe('adding and removing a term', () => {
  it('lists a second value beside the first', () => {
    expect(addTerm('', 'status', 'UP')).toBe('status=UP');
    expect(addTerm('switch  status:UP cpu>1', 'status', 'STALE')).toBe('switch  status:UP,STALE cpu>1');
    expect(addTerm('status=UP', 'status', 'up')).toBe('status=UP');
    expect(addTerm('-status=UP', 'status', 'UP')).toBe('-status=UP status=UP');
    expect(addTerm('label=x', 'label', 'tier=gold plan')).toBe('label=x,"tier=gold plan"');
  });

  it('keeps alternatives together', () => {
    expect(addTerm('aix or os=linux', 'os', 'aix')).toBe('(aix or os=linux) os=aix');
    expect(addTerm('(aix | linux) os=x', 'os', 'y')).toBe('(aix | linux) os=x,y');
    expect(joined(' a ', 'b')).toBe('a b');
  });

  it('takes out only what it names', () => {
    expect(removeTerm('status=UP', 'status', 'UP')).toBe('');
    expect(removeTerm('a status=UP,"ST ALE",DOWN b', 'status', 'st ale')).toBe('a status=UP,DOWN b');
    expect(removeTerm('a  status=UP  b', 'status', 'UP')).toBe('a b');
    expect(removeTerm('status!=UP', 'status', 'UP')).toBe('status!=UP');
    expect(removeTerm('x health!=healthy', 'health', 'healthy', '!=')).toBe('x');
    expect(removeTerm('status=UP or b', 'status', 'UP')).toBe('status=UP or b');
    expect(removeTerm('-(status=UP)', 'status', 'UP')).toBe('-(status=UP)');
  });

  it('is its own reverse', () => {
    for (const value of ['UP', 'none', 'a,b', '"', '\\', 'x y', '<b>', '🦀', 'שלום']) {
      for (const before of ['', 'cpu>5', 'os=linux name~"a b"']) {
        const added = addTerm(before, 'codes', value);
        expect(hasTerm(added, 'codes', value), added).toBe(true);
        expect(valuesOf(added, 'codes')).toEqual([value]);
        expect(removeTerm(added, 'codes', value)).toBe(before);
      }
    }
  });
});

it('counts columns in characters, as the master does', () => {
  expect(offsetOf('🦀 stauts=UP', 3)).toBe(3);
  expect('🦀 stauts=UP'.slice(offsetOf('🦀 stauts=UP', 3))).toBe('stauts=UP');
  expect(offsetOf('ab', 9)).toBe(2);
});
