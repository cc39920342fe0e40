import { describe, expect, it } from 'vitest';
import { clustersOf, firstCluster } from './groups.ts';

describe('groups', () => {
  it('put the own cluster first, then one after the other', () => {
    const targets = ['acme/main@east/a/x', 'acme/main/a/x', 'acme/main@west/a/x', 'acme/main@east/b/x'];
    const own = firstCluster(targets);
    expect(own.first).toEqual(['acme/main/a/x']);
    expect(clustersOf(own.rest)).toEqual(['acme/main@east', 'acme/main@west']);
    const east = firstCluster(own.rest);
    expect(east).toEqual({
      first: ['acme/main@east/a/x', 'acme/main@east/b/x'],
      rest: ['acme/main@west/a/x'],
    });
    expect(firstCluster([])).toEqual({ first: [], rest: [] });
  });
});
