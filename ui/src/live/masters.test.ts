import { describe, expect, it } from 'vitest';
import type { MasterRow } from '../api/schema.ts';
import { linksTo } from './masters.ts';

function row(name: string, role: MasterRow['role'], url: string): MasterRow {
  return { name, role, url, version: '1', event: 1, lag: 0, agents: 0, is_this: false };
}

describe('links to other masters', () => {
  it('lead to the same page, the active master first', () => {
    const rows = [row('c', 'silent', 'https://c:7400'), row('b', 'active', 'https://b:7400/')];
    expect(linksTo(rows, '/servers?filter=status%3DUP')).toEqual([
      { name: 'b', href: 'https://b:7400/servers?filter=status%3DUP' },
      { name: 'c', href: 'https://c:7400/servers?filter=status%3DUP' },
    ]);
  });

  it('leave out what is no address of a page', () => {
    expect(linksTo([row('a', 'active', 'javascript:alert(1)'), row('b', 'active', 'no')], '/x')).toEqual([]);
  });
});
