import { describe, expect, it } from 'vitest';
import { contextAt, isUnfinished, suggestions, take } from './completion.ts';
import { FIELDS } from './fields.ts';

const fields = FIELDS.servers;

/** What is offered where `|` stands. */
function offered(marked: string, values: string[] = []): string[] {
  const caret = marked.indexOf('|');
  const text = marked.replace('|', '');
  return suggestions(contextAt(text, caret, fields), fields, values).map((suggestion) => suggestion.label);
}

/** The text after the first suggestion, with `|` where the caret stands. */
function taken(marked: string, values: string[] = []): string {
  const caret = marked.indexOf('|');
  const text = marked.replace('|', '');
  const [first] = suggestions(contextAt(text, caret, fields), fields, values);
  if (!first) {
    return 'nothing';
  }
  const after = take(text, first);
  return `${after.text.slice(0, after.caret)}|${after.text.slice(after.caret)}`;
}

describe('completion', () => {
  it('offers fields by name and by short name', () => {
    expect(offered('stat|')).toEqual(['status']);
    expect(offered('mem|')).toEqual(['memory_pct', 'memory_bytes', 'memory_used_bytes']);
    expect(offered('os=linux -stat|')).toEqual(['status']);
    expect(offered('(stat|')).toEqual(['status']);
    expect(offered('"stat|')).not.toEqual(['status']);
  });

  it('goes from field to operator to value', () => {
    expect(taken('sta|')).toBe('status|');
    expect(offered('status|')).toEqual(['status=', 'status!=']);
    expect(taken('status|')).toBe('status=|');
    expect(taken('status=|')).toBe('status=UP |');
    expect(taken('status=do| x')).toBe('status=DOWN| x');
    expect(offered('cpu_pct|')[0]).toBe('cpu_pct>');
  });

  it('leaves out what the term lists already', () => {
    expect(offered('status=UP,|')).toEqual(['STALE', 'DOWN', 'UNKNOWN']);
    expect(offered('status=up,|,down')).toEqual(['STALE', 'UNKNOWN']);
  });

  it('offers known values of a text in quotes where they need them', () => {
    expect(taken('os=deb|', ['Debian GNU/Linux 12'])).toBe('os="Debian GNU/Linux 12" |');
    expect(taken('os="deb|', ['Debian GNU/Linux 12'])).toBe('os="Debian GNU/Linux 12" |');
    expect(offered('version=1|', ['2.1', '1.0'])).toEqual(['1.0', '2.1']);
  });

  it('offers nothing for a field that there is not', () => {
    expect(offered('stauts=|')).toEqual([]);
  });
});

describe('isUnfinished', () => {
  it('waits while a term is being written', () => {
    const unfinished = [
      'status=',
      'status=U',
      'status=UP,',
      'cpu> ',
      'name="a',
      '(a',
      'a or',
      '-',
      'a and ',
      '-(',
    ];
    for (const text of unfinished) {
      expect(isUnfinished(text, fields), text).toBe(true);
    }
    for (const text of [
      '',
      'status',
      'status=UP',
      'status=up',
      'status=UPP',
      'status=U ',
      'cpu>8',
      '(a)',
      'a',
      'stauts=U',
    ]) {
      expect(isUnfinished(text, fields), text).toBe(false);
    }
  });
});
