import { describe, expect, it } from 'vitest';
import { ending, owned, ownedText } from './owned.ts';

describe('owned names', () => {
  it('get the ending of the tenant once, and what there is keeps its name', () => {
    expect(owned('high', '@acme')).toBe('high@acme');
    for (const name of ['high@acme', 'ann@example.com', 'old'])
      expect(owned(name, '@acme', ['old'])).toBe(name);
    expect([ending('', '@acme'), ending('high', '@acme'), ending('high@', '@acme')]).toEqual([
      '@acme',
      '@acme',
      '',
    ]);
    expect(owned('high', '')).toBe('high');
  });

  it('stand in the texts that people begin with', () => {
    const text = '[[rule]]\nname = "high"\nmessage = "name = 1"\n';
    expect(ownedText(text, '@@acme.com')).toBe('[[rule]]\nname = "high@@acme.com"\nmessage = "name = 1"\n');
    expect(ownedText(text, '')).toBe(text);
  });
});
