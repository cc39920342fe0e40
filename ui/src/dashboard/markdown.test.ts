import { describe, expect, it } from 'vitest';
import { blocks } from './markdown.ts';
import type { Inline } from './markdown.ts';

const text = (text: string): Inline => ({ kind: 'text', text });

describe('markdown of a text widget', () => {
  it('has headings, paragraphs, lists, rules and code', () => {
    expect(blocks('# Shop\nfirst\nline\n\n- a\n- **b**\n\n1. one\n2. two\n---\n```\n<b>&\n```')).toEqual([
      { kind: 'heading', level: 1, inside: [text('Shop')] },
      { kind: 'paragraph', inside: [text('first line')] },
      { kind: 'list', ordered: false, items: [[text('a')], [{ kind: 'bold', inside: [text('b')] }]] },
      { kind: 'list', ordered: true, items: [[text('one')], [text('two')]] },
      { kind: 'rule' },
      { kind: 'code', text: '<b>&' },
    ]);
  });

  it('has tables', () => {
    expect(blocks('| a | b |\n|---|---|\n| 1 | `2` | 3 |')).toEqual([
      {
        kind: 'table',
        head: [[text('a')], [text('b')]],
        rows: [[[text('1')], [{ kind: 'code', text: '2' }]]],
      },
    ]);
  });

  it('keeps what is markup elsewhere as text', () => {
    // MD-1
    const script = '<img src=x onerror=alert(1)>';
    expect(blocks(script)).toEqual([{ kind: 'paragraph', inside: [text(script)] }]);
    for (const address of [
      'javascript:alert(1)',
      'data:text/html,x',
      '//evil.example',
      'vbscript:x',
      'x y',
    ]) {
      const told = JSON.stringify(blocks(`[go](${address})`));
      expect(told, address).not.toContain('"link"');
    }
    expect(blocks('[runbook](https://wiki.example/a) [button:primary:Servers](/servers)')).toEqual([
      {
        kind: 'paragraph',
        inside: [
          { kind: 'link', href: 'https://wiki.example/a', button: false, text: 'runbook' },
          text(' '),
          { kind: 'link', href: '/servers', button: true, text: 'Servers' },
        ],
      },
    ]);
  });

  it('reads any text in one go', () => {
    // MD-2
    for (const part of ['*', '**', '[', '](', '`', '_', '\\', '| ', '- ', '#', '[a](']) {
      expect(blocks(part.repeat(20_000)).length).toBeGreaterThan(0);
    }
    expect(blocks('')).toEqual([]);
    expect(blocks(String.raw`a \*b\* c`)).toEqual([{ kind: 'paragraph', inside: [text('a *b* c')] }]);
  });
});
