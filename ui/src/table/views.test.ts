import { describe, expect, it } from 'vitest';
import { Selection } from './selection.svelte.ts';
import { targetsOf } from './targets.ts';
import { paramsOf, queryOf, viewsOf } from './views.ts';

describe('views', () => {
  it('keep filter, order and columns, and not what is open', () => {
    const params = { filter: 'os="a & b=c"', sort: '-cpu_pct', open: 'a/b/c', columns: '' };
    const query = queryOf(params);
    expect(paramsOf({ query })).toEqual({ filter: 'os="a & b=c"', sort: '-cpu_pct', columns: null });
  });

  it('belong to a tab', () => {
    const view = (name: string, tab: string) => ({ name, tab, query: '' });
    const views = [view('b', 'servers'), view('x', 'tasks'), view('a', 'servers')];
    expect(viewsOf(views, 'servers').map(({ name }) => name)).toEqual(['a', 'b']);
  });
});

describe('targetsOf', () => {
  const chosen = (...paths: string[]): Selection => {
    const selection = new Selection();
    selection.set(paths, true);
    return selection;
  };

  it('acts on applications by path, or by the filter of all', () => {
    expect(targetsOf('applications', chosen('t/c/s/a'))).toEqual({ targets: ['t/c/s/a'] });
    const all = new Selection();
    all.chooseAll('status=FAILED', 9);
    expect(targetsOf('applications', all)).toEqual({ filter: 'status=FAILED' });
    all.chooseAll('', 9);
    expect(targetsOf('applications', all)).toEqual({ filter: 'path=*' });
  });

  it('acts on the applications of services, each once', () => {
    expect(targetsOf('services', chosen('t/c/s/a/x', 't/c/s/a/y', 't/c/s/b/x'))).toEqual({
      targets: ['t/c/s/a', 't/c/s/b'],
    });
  });

  it('acts on all applications of servers, and says when they are too many', () => {
    expect(targetsOf('servers', chosen('t/c/s', 't/c/r'))).toEqual({ filter: 'path=t/c/s/*,t/c/r/*' });
    const many = chosen(...Array.from({ length: 61 }, (_, index) => `t/c/s${index}`));
    expect(targetsOf('servers', many)).toHaveProperty('refusal');
  });
});
