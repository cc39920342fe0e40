// The text of a filter, as one writes it: where its terms are, and how a term is put in or taken out.
//
// The master alone says whether a filter is right and what it means; this only edits the text. It reads
// the same signs as the model's parser, but never refuses: what it cannot place is a word.

/** One value of a term, with its place in the text. */
export interface Value {
  /** Without quotes and backslashes. */
  readonly text: string;
  readonly quoted: boolean;
  /** False for a quote that nobody closed. */
  readonly closed: boolean;
  readonly from: number;
  readonly to: number;
}

/** `field operator value,value`, or a word, which has neither field nor operator. */
export interface Term {
  readonly kind: 'term';
  readonly from: number;
  readonly to: number;
  readonly negated: boolean;
  readonly field: string | null;
  readonly operator: string | null;
  readonly values: readonly Value[];
  /** How many groups are open around it. */
  readonly depth: number;
}

export interface Sign {
  readonly kind: 'open' | 'close' | 'or' | 'and' | 'not';
  readonly from: number;
  readonly to: number;
  readonly depth: number;
}

export type Piece = Term | Sign;

/** The longer first where one begins another. */
export const OPERATORS = ['!=', '!~', '>=', '<=', '=', ':', '>', '<', '~'] as const;

const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const BLANKS = /\s*/y;
const UNQUOTED = /[^\s,()|"]*/y;
/** A word of its own, not the beginning of a longer one. */
const KEYWORD = /(or|and)(?=$|[\s()|"])/iy;

/** The text that a pattern covers at a place; empty when it does not begin there. */
function at(pattern: RegExp, text: string, from: number): string {
  pattern.lastIndex = from;
  return pattern.exec(text)?.[0] ?? '';
}

function operatorAt(text: string, from: number): string | null {
  return OPERATORS.find((operator) => text.startsWith(operator, from)) ?? null;
}

function valueAt(text: string, from: number): Value {
  if (text[from] !== '"') {
    const plain = at(UNQUOTED, text, from);
    return { text: plain, quoted: false, closed: true, from, to: from + plain.length };
  }
  let content = '';
  let to = from + 1;
  while (to < text.length && text[to] !== '"') {
    if (text[to] === '\\' && to + 1 < text.length) {
      to += 1;
    }
    content += text[to];
    to += 1;
  }
  const closed = to < text.length;
  return { text: content, quoted: true, closed, from, to: closed ? to + 1 : to };
}

/** Takes a filter's text apart, from left to right. */
export function pieces(text: string): Piece[] {
  const found: Piece[] = [];
  let depth = 0;
  let from = 0;
  for (;;) {
    from += at(BLANKS, text, from).length;
    if (from >= text.length) {
      return found;
    }
    const piece = pieceAt(text, from, depth);
    if (piece.kind === 'open') {
      depth += 1;
    } else if (piece.kind === 'close') {
      depth = Math.max(0, depth - 1);
    }
    found.push(piece);
    from = piece.to;
  }
}

function pieceAt(text: string, from: number, depth: number): Piece {
  const sign = (kind: Sign['kind'], length: number): Sign => ({ kind, from, to: from + length, depth });
  switch (text[from]) {
    case '(':
      return sign('open', 1);
    case ')':
      return sign('close', 1);
    case '|':
      return sign('or', 1);
  }
  const keyword = at(KEYWORD, text, from).toLowerCase();
  if (keyword === 'or' || keyword === 'and') {
    return sign(keyword, keyword.length);
  }
  let start = from;
  while ((text[start] === '-' || text[start] === '!') && operatorAt(text, start) === null) {
    start += 1;
  }
  const next = text[start];
  if (start > from && (next === undefined || next === '(' || /\s/.test(next))) {
    return sign('not', start - from);
  }
  return termAt(text, from, start, depth);
}

function termAt(text: string, from: number, start: number, depth: number): Term {
  const negated = (start - from) % 2 === 1;
  const name = at(NAME, text, start);
  const afterName = start + name.length;
  const operatorFrom = afterName + at(BLANKS, text, afterName).length;
  const operator = name === '' ? null : operatorAt(text, operatorFrom);
  // A colon belongs to the name before it only when they touch.
  if (operator === null || (operator === ':' && operatorFrom > afterName)) {
    const word = valueAt(text, start);
    // A sign that begins nothing still has to be passed.
    const to = Math.max(word.to, from + 1);
    return { kind: 'term', from, to, negated, field: null, operator: null, values: [word], depth };
  }
  const values: Value[] = [];
  let to = operatorFrom + operator.length;
  for (;;) {
    const blanks = at(BLANKS, text, to).length;
    const value = valueAt(text, to + blanks);
    values.push(value);
    to = value.to;
    if (text[to] !== ',') {
      break;
    }
    to += 1;
  }
  return { kind: 'term', from, to, negated, field: name, operator, values, depth };
}

/** As a value is written: in quotes unless it is plainly a word and nothing else. */
export function quote(value: string): string {
  const plain = /^[\p{Alphabetic}\p{N}][\p{Alphabetic}\p{N}_./@+-]*$/u;
  if (plain.test(value) && !/^(or|and|none)$/i.test(value)) {
    return value;
  }
  return `"${value.replace(/["\\]/g, '\\$&')}"`;
}

const same = (left: string, right: string): boolean => left.toLowerCase() === right.toLowerCase();

/** The terms that all rows must pass: those in no group, when there are no alternatives. */
function required(text: string): Term[] {
  const all = pieces(text);
  if (all.some((piece) => piece.kind === 'or' && piece.depth === 0)) {
    return [];
  }
  return all.filter(
    (piece, index): piece is Term =>
      piece.kind === 'term' && piece.depth === 0 && !piece.negated && all[index - 1]?.kind !== 'not',
  );
}

/** A list of values of a field that all rows must pass. `:` is another way to write `=`. */
function listOf(text: string, field: string, operator: string): Term | undefined {
  return required(text).find(
    (term) =>
      term.field !== null &&
      same(term.field, field) &&
      (term.operator === operator || (operator === '=' && term.operator === ':')),
  );
}

/** Whether a filter asks for a field to be (or with `!=` not to be) a value. */
export function hasTerm(text: string, field: string, value: string, operator = '='): boolean {
  return valuesOf(text, field, operator).some((present) => same(present, value));
}

/** The values that a filter lists for a field. */
export function valuesOf(text: string, field: string, operator = '='): string[] {
  return listOf(text, field, operator)?.values.map((value) => value.text) ?? [];
}

/** Asks for one more value of a field: beside those it already lists, else as one more term. */
export function addTerm(text: string, field: string, value: string, operator = '='): string {
  if (hasTerm(text, field, value, operator)) {
    return text;
  }
  const list = listOf(text, field, operator);
  if (list && list.values.every((present) => present.closed && present.to > present.from)) {
    return `${text.slice(0, list.to)},${quote(value)}${text.slice(list.to)}`;
  }
  return joined(text, `${field}${operator}${quote(value)}`);
}

/** Takes a value of a field out, and the term with its last one. */
export function removeTerm(text: string, field: string, value: string, operator = '='): string {
  const list = listOf(text, field, operator);
  if (!list?.values.some((present) => same(present.text, value))) {
    return text;
  }
  const kept = list.values.filter((present) => !same(present.text, value));
  const [before, after] = [text.slice(0, list.from), text.slice(list.to)];
  const [first] = list.values;
  if (kept.length === 0 || first === undefined) {
    return `${before.trimEnd()} ${after.trimStart()}`.trim();
  }
  const values = kept.map((present) => text.slice(present.from, present.to)).join(',');
  return `${before}${text.slice(list.from, first.from)}${values}${after}`;
}

/** A filter that also asks for the terms: what was there is grouped when it has alternatives. */
export function joined(text: string, terms: string): string {
  const before = text.trim();
  if (before === '') {
    return terms;
  }
  const alternatives = pieces(before).some((piece) => piece.kind === 'or' && piece.depth === 0);
  return `${alternatives ? `(${before})` : before} ${terms}`;
}

/** Where a column that the master counted in characters, from 1, is in the text. */
export function offsetOf(text: string, column: number): number {
  return [...text].slice(0, Math.max(0, column - 1)).join('').length;
}
