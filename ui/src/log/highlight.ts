// Which parts of a line an expression matches, for the eye only: the master has searched already.
//
// The browser's expressions go back and forth and may take for ever on some texts. Only those are tried that
// cannot: with at most one repetition, and none of a group. Others are shown without marks.

/** A part of a line. */
export interface Piece {
  text: string;
  hit: boolean;
}

/** Letters of a line in which marks are looked for. */
const MARKED_MAX = 2_000;
/** Marks of a line. */
const MARKS_MAX = 100;

/** The expression for marks; null when there is none that is safe to try. */
export function marker(pattern: string, ignoreCase: boolean, fixed: boolean): RegExp | null {
  if (pattern === '') return null;
  const source = fixed ? pattern.replace(/[.*+?^${}()|[\]\\]/g, '\\$&') : pattern;
  if (!fixed) {
    const bare = source.replace(/\\./g, 'x').replace(/\[[^\]]*\]/g, 'x');
    const repeated = bare.match(/[*+{]/g)?.length ?? 0;
    if (repeated > 1 || /\)[*+{?]/.test(bare)) return null;
  }
  try {
    return new RegExp(source, ignoreCase ? 'giu' : 'gu');
  } catch {
    // What only the master's expressions have.
    return null;
  }
}

/** The line in parts, those that match marked. */
export function pieces(text: string, mark: RegExp | null): Piece[] {
  if (mark === null) return [{ text, hit: false }];
  const found: Piece[] = [];
  const looked = text.slice(0, MARKED_MAX);
  let at = 0;
  for (const match of looked.matchAll(mark)) {
    if (match[0] === '') continue;
    if (found.length >= 2 * MARKS_MAX) break;
    if (match.index > at) found.push({ text: text.slice(at, match.index), hit: false });
    found.push({ text: match[0], hit: true });
    at = match.index + match[0].length;
  }
  if (at < text.length || found.length === 0) found.push({ text: text.slice(at), hit: false });
  return found;
}
