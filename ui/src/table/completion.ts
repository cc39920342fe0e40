// What can be written next in a filter: fields, operators and values, for the place of the caret.
// Pure: known values of a text come from whoever asks.

import type { Field } from './fields.ts';
import { pieces, quote, type Piece, type Term } from './filter.ts';

/** Something to write in place of what stands between `from` and `to`. */
export interface Suggestion {
  /** What the list shows. */
  readonly label: string;
  /** What it means, in words. */
  readonly detail: string;
  readonly insert: string;
  readonly from: number;
  readonly to: number;
}

/** What the caret stands in. */
export interface Context {
  readonly expects: 'field' | 'operator' | 'value';
  /** The field whose operator or value it is; null for one that there is not. */
  readonly field: Field | null;
  /** What of it stands before the caret. */
  readonly prefix: string;
  readonly from: number;
  readonly to: number;
  /** Values that the term lists already. */
  readonly listed: readonly string[];
}

const MEANINGS: Readonly<Record<string, string>> = {
  '=': 'is one of',
  '!=': 'has a value that is none of',
  '~': 'contains',
  '!~': 'does not contain',
  '>': 'more than',
  '>=': 'at least',
  '<': 'less than',
  '<=': 'at most',
};

const EXAMPLES: Readonly<Record<Field['kind'], string>> = {
  text: 'text; * and ? stand for any characters',
  status: 'one of its words',
  choice: 'one of its words',
  number: 'a number like 80 or 80%',
  bytes: 'an amount like 2GiB',
  seconds: 'a span like 90s, 1h30m or 3d',
  millis: 'a span like 250ms, 5s or 2m',
  time: 'a time like 2026-11-23T10:00, UTC',
};

/** Most suggestions shown at once; typing on narrows them. */
const SHOWN_MAX = 12;

const isWords = (field: Field): boolean => field.kind === 'status' || field.kind === 'choice';

/** The field of a name or short name. */
export function fieldNamed(name: string, fields: readonly Field[]): Field | null {
  const wanted = name.toLowerCase();
  return (
    fields.find((field) => field.name === wanted) ??
    fields.find((field) => field.aliases.includes(wanted)) ??
    null
  );
}

/** The operators that a field understands, the usual one first. */
export function operatorsOf(field: Field): readonly string[] {
  switch (field.kind) {
    case 'text':
      return ['=', '!=', '~', '!~'];
    case 'status':
    case 'choice':
      return ['=', '!='];
    default:
      return ['>', '>=', '<', '<=', '=', '!='];
  }
}

/** An example of what a field's values look like. */
export function example(field: Field): string {
  return EXAMPLES[field.kind];
}

/** What the caret of a text stands in. */
export function contextAt(text: string, caret: number, fields: readonly Field[]): Context {
  const inside = (piece: Piece): piece is Term =>
    piece.kind === 'term' && piece.from <= caret && caret <= piece.to;
  const term = pieces(text).find(inside);
  const nothing = { field: null, prefix: '', from: caret, to: caret, listed: [] };
  if (!term) {
    return { expects: 'field', ...nothing };
  }
  const value = term.values.find((present) => present.from <= caret && caret <= present.to);
  if (term.field === null) {
    if (!value || value.quoted) {
      return { expects: 'field', ...nothing };
    }
    const prefix = text.slice(value.from, caret);
    const field = fields.find((known) => known.name === prefix.toLowerCase()) ?? null;
    if (field && caret === value.to) {
      return { expects: 'operator', field, prefix: '', from: caret, to: caret, listed: [] };
    }
    return { expects: 'field', field: null, prefix, from: value.from, to: value.to, listed: [] };
  }
  const field = fieldNamed(term.field, fields);
  if (!value) {
    // In the field's name, before its operator.
    return { expects: 'field', ...nothing };
  }
  const prefix = value.quoted ? value.text : text.slice(value.from, caret);
  const listed = term.values.filter((present) => present !== value).map((present) => present.text);
  return { expects: 'value', field, prefix, from: value.from, to: value.to, listed };
}

/**
 * What to offer in a context.
 *
 * - `values`: known values of the context's field, for a text that has no fixed words.
 */
export function suggestions(
  context: Context,
  fields: readonly Field[],
  values: readonly string[],
): Suggestion[] {
  const { expects, field, from, to } = context;
  const prefix = context.prefix.toLowerCase();
  if (expects === 'operator' && field) {
    return operatorsOf(field).map((operator) => ({
      label: `${field.name}${operator}`,
      detail: MEANINGS[operator] ?? '',
      insert: operator,
      from,
      to,
    }));
  }
  if (expects === 'field') {
    const begins = (known: Field): boolean =>
      [known.name, ...known.aliases].some((name) => name.startsWith(prefix));
    return fields
      .filter(begins)
      .slice(0, SHOWN_MAX)
      .map((known) => ({ label: known.name, detail: example(known), insert: known.name, from, to }));
  }
  if (!field) {
    return [];
  }
  const known = isWords(field) ? field.words : values;
  const fits = (word: string): boolean =>
    word.toLowerCase().includes(prefix) && !context.listed.some((other) => equal(other, word));
  return known
    .filter(fits)
    .sort((left, right) => Number(begins(right, prefix)) - Number(begins(left, prefix)))
    .slice(0, SHOWN_MAX)
    .map((word) => ({ label: word, detail: '', insert: `${quote(word)} `, from, to }));
}

const equal = (left: string, right: string): boolean => left.toLowerCase() === right.toLowerCase();
const begins = (word: string, prefix: string): boolean => word.toLowerCase().startsWith(prefix);

/** The text with a suggestion taken, and where the caret then stands. */
export function take(text: string, suggestion: Suggestion): { text: string; caret: number } {
  const after = text.slice(suggestion.to);
  // A blank that follows already is not written twice.
  const insert = after.startsWith(' ') ? suggestion.insert.trimEnd() : suggestion.insert;
  const before = text.slice(0, suggestion.from) + insert;
  return { text: before + after, caret: before.length };
}

/**
 * Whether a text is still being written, so that it is too early to ask the master about it:
 * a term without its value, an open quote or group, or the beginning of a status word.
 */
export function isUnfinished(text: string, fields: readonly Field[]): boolean {
  const all = pieces(text);
  const opened = all.filter((piece) => piece.kind === 'open').length;
  const closed = all.filter((piece) => piece.kind === 'close').length;
  const last = all.at(-1);
  if (last === undefined) {
    return false;
  }
  if (opened > closed || last.kind === 'not' || last.kind === 'or' || last.kind === 'and') {
    return true;
  }
  if (last.kind !== 'term') {
    return false;
  }
  const value = last.values.at(-1);
  if (!value?.closed || value.to === value.from) {
    return true;
  }
  if (last.field === null || last.to < text.length) {
    return false;
  }
  const words = fieldNamed(last.field, fields)?.words ?? [];
  const isWord = words.some((word) => equal(word, value.text));
  return !isWord && words.some((word) => begins(word, value.text.toLowerCase()));
}
