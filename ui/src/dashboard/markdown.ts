// The markdown of a text widget as a tree: headings, paragraphs, lists, tables, code, bold, italic, links.
//
// Invariants
// - MD-1: nothing of the text is ever markup. The tree holds texts; a page makes elements of it, and a link leads to
//   http, https or a page of this console alone.
// - MD-2: work is linear in the text, whatever is in it.

export type Inline =
  | { kind: 'text' | 'code'; text: string }
  | { kind: 'bold' | 'italic'; inside: readonly Inline[] }
  | { kind: 'link'; href: string; button: boolean; text: string };

export type Block =
  | { kind: 'heading'; level: number; inside: readonly Inline[] }
  | { kind: 'paragraph'; inside: readonly Inline[] }
  | { kind: 'list'; ordered: boolean; items: readonly (readonly Inline[])[] }
  | { kind: 'table'; head: readonly (readonly Inline[])[]; rows: readonly (readonly (readonly Inline[])[])[] }
  | { kind: 'code'; text: string }
  | { kind: 'rule' };

/** Longest text that is drawn: a screenful is some thousand characters. */
const TEXT_MAX = 50_000;

const HEADING = /^ {0,3}(#{1,6})\s+(.*?)\s*#*$/;
const BULLET = /^\s{0,3}[-*+]\s+(.*)$/;
const NUMBER = /^\s{0,3}\d{1,9}[.)]\s+(.*)$/;
const RULE = /^ {0,3}(?:-{3,}|\*{3,}|_{3,})\s*$/;
const FENCE = /^ {0,3}```/;
const TABLE_LINE = /^\s*\|?\s*:?-{2,}:?\s*(?:\|\s*:?-{2,}:?\s*)*\|?\s*$/;

export function blocks(markdown: string): Block[] {
  const lines = markdown.slice(0, TEXT_MAX).split(/\r\n|\r|\n/);
  const all: Block[] = [];
  let at = 0;
  const line = (): string => lines[at] ?? '';
  while (at < lines.length) {
    const heading = HEADING.exec(line());
    if (line().trim() === '') {
      at += 1;
    } else if (FENCE.test(line())) {
      const end = lines.findIndex((other, index) => index > at && FENCE.test(other));
      const last = end < 0 ? lines.length : end;
      all.push({ kind: 'code', text: lines.slice(at + 1, last).join('\n') });
      at = last + 1;
    } else if (heading) {
      all.push({ kind: 'heading', level: heading[1]?.length ?? 1, inside: inline(heading[2] ?? '') });
      at += 1;
    } else if (RULE.test(line())) {
      all.push({ kind: 'rule' });
      at += 1;
    } else if (line().includes('|') && TABLE_LINE.test(lines[at + 1] ?? '')) {
      const head = cells(line());
      at += 2;
      const rows: Inline[][][] = [];
      while (at < lines.length && line().includes('|')) {
        rows.push(cells(line()).slice(0, head.length));
        at += 1;
      }
      all.push({ kind: 'table', head, rows });
    } else if (BULLET.test(line()) || NUMBER.test(line())) {
      const form = BULLET.test(line()) ? BULLET : NUMBER;
      const items: Inline[][] = [];
      for (let found = form.exec(line()); found && at < lines.length; found = form.exec(line())) {
        items.push(inline(found[1] ?? ''));
        at += 1;
      }
      all.push({ kind: 'list', ordered: form === NUMBER, items });
    } else {
      const begin = at;
      while (at < lines.length && line().trim() !== '' && (at === begin || !begins(line()))) at += 1;
      all.push({ kind: 'paragraph', inside: inline(lines.slice(begin, at).join(' ')) });
    }
  }
  return all;
}

/** True for a line that ends the paragraph before it. */
function begins(line: string): boolean {
  return [HEADING, BULLET, NUMBER, RULE, FENCE].some((form) => form.test(line));
}

function cells(line: string): Inline[][] {
  const inside = line.trim().replace(/^\|/, '').replace(/\|$/, '');
  return inside.split('|').map((cell) => inline(cell.trim()));
}

/** Signs that can begin something; all else is text. */
const MARK =
  /\\([\\`*_[\]()#|-])|`([^`]+)`|\*\*([^*]+)\*\*|__([^_]+)__|\*([^*\s][^*]*)\*|\[([^[\]]{1,500})\]\(([^()\s]{1,2000})\)/g;

function inline(text: string): Inline[] {
  const all: Inline[] = [];
  let before = 0;
  const plain = (more: string): void => {
    const last = all.at(-1);
    if (more === '') return;
    if (last?.kind === 'text') all[all.length - 1] = { kind: 'text', text: last.text + more };
    else all.push({ kind: 'text', text: more });
  };
  for (const found of text.matchAll(MARK)) {
    const [whole, escaped, code, bold, strong, italic, label, address] = found;
    plain(text.slice(before, found.index));
    before = found.index + whole.length;
    const thick = bold ?? strong;
    const href = address === undefined ? null : target(address);
    if (escaped !== undefined) plain(escaped);
    else if (code !== undefined) all.push({ kind: 'code', text: code });
    else if (thick !== undefined) all.push({ kind: 'bold', inside: inline(thick) });
    else if (italic !== undefined) all.push({ kind: 'italic', inside: inline(italic) });
    else if (label !== undefined && href !== null) all.push(link(label, href));
    else plain(whole);
  }
  plain(text.slice(before));
  return all;
}

/** A link; CloudWatch writes one that is to look like a button as `[button:primary:Text](address)`. */
function link(label: string, href: string): Inline {
  const button = /^button:(?:primary:)?(.+)$/.exec(label);
  return { kind: 'link', href, button: button !== null, text: button?.[1] ?? label };
}

/** Where a link leads; null for what is no address of the web or of this console. */
function target(address: string): string | null {
  if (/^\/(?!\/)/.test(address) || /^#[\w-]*$/.test(address)) return address;
  try {
    const { protocol, href } = new URL(address);
    return protocol === 'http:' || protocol === 'https:' ? href : null;
  } catch {
    return null;
  }
}
