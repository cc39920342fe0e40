import { beforeEach, describe, expect, it, vi } from 'vitest';
import { TABS, href, readRoute, route } from './route.svelte.ts';

const HOSTILE = [
  'status!=UP cpu_pct>80',
  'a&b=c?d#e',
  '100% +1 %2F%00',
  '"><img src=x onerror=alert(1)>',
  'שלום ‮ world',
  '🚨 name:"two words"',
  '\\ \n\t',
  'default/main/db-7/switch@2:x',
  'x'.repeat(500),
];

beforeEach(() => {
  history.replaceState(null, '', '/');
  route.read();
});

describe('route', () => {
  it('carries the moment that is looked at to every page, until it is taken away', () => {
    route.go('servers', { at: '2026-03-01T12:00:00Z' });
    expect(route.at).toBe(Date.parse('2026-03-01T12:00:00Z'));
    expect(href('tasks', { sort: 'name' })).toBe('/tasks?at=2026-03-01T12:00:00Z&sort=name');
    route.set({ at: null });
    expect([route.at, href('tasks')]).toEqual([null, '/tasks']);
  });

  it('reads back what it wrote, whatever the text', () => {
    //
    for (const tab of TABS) {
      for (const text of HOSTILE) {
        const params = { filter: text, open: text.trim(), sort: '-cpu_pct,name' };
        const url = new URL(href(tab, params), 'http://console');
        expect(readRoute(url.pathname, url.search)).toEqual({ tab, params });
      }
    }
  });

  it('writes half a surrogate pair as the sign for what cannot be read', () => {
    const url = new URL(href('servers', { filter: 'a\ud800' }), 'http://console');
    expect(readRoute(url.pathname, url.search).params).toEqual({ filter: 'a\ufffd' });
  });

  it('writes addresses that can be read by people', () => {
    expect(href('servers', { open: 'default/main/vm', columns: 'a,b', sort: '', filter: null })).toBe(
      '/servers?open=default/main/vm&columns=a,b',
    );
    expect(href('overview', { wall: '' })).toBe('/?wall');
  });

  it('knows an address that is no page', () => {
    for (const path of ['/server', '/overview', '/servers/x', '/__proto__', '/problem']) {
      expect(readRoute(path, '').tab, path).toBeNull();
    }
    expect(readRoute('/servers/', '').tab).toBe('servers');
  });

  it('adds nothing to the history for the address that is there', () => {
    route.go('servers', { filter: 'x' });
    const length = history.length;
    route.go('servers', { filter: 'x' });
    expect(history.length).toBe(length);
  });

  it('follows plain clicks on its own links only', () => {
    const click = (html: string, options: MouseEventInit = {}): boolean => {
      document.body.innerHTML = html;
      const link = document.querySelector('a > b') ?? document.querySelector('a');
      const event = new MouseEvent('click', { bubbles: true, cancelable: true, ...options });
      let taken = false;
      document.body.addEventListener(
        'click',
        (event) => {
          route.follow(event);
          taken = event.defaultPrevented;
          event.preventDefault();
        },
        { once: true },
      );
      link?.dispatchEvent(event);
      return taken;
    };
    expect(click('<a href="/tasks?filter=a"><b>x</b></a>')).toBe(true);
    expect([route.tab, route.filter]).toEqual(['tasks', 'a']);
    expect(click('<a href="/servers">x</a>', { ctrlKey: true })).toBe(false);
    expect(click('<a href="/servers" target="_blank">x</a>')).toBe(false);
    expect(click('<a href="/servers" download>x</a>')).toBe(false);
    expect(click('<a href="/api/v1/ca.pem">x</a>')).toBe(false);
    expect(click('<a href="http://elsewhere/servers">x</a>')).toBe(false);
    expect(route.tab).toBe('tasks');
  });

  it('goes, changes and comes back', async () => {
    route.go('servers', { filter: 'vm' });
    route.set({ sort: '-cpu_pct' }, { replace: true });
    route.set({ open: 'default/main/vm' });
    expect([route.tab, route.filter, route.sort, route.drawer]).toEqual([
      'servers',
      'vm',
      '-cpu_pct',
      'default/main/vm',
    ]);
    route.set({ open: null });
    expect([route.drawer, location.search]).toEqual([null, '?filter=vm&sort=-cpu_pct']);
    history.back();
    await vi.waitFor(() => {
      route.read();
      expect(route.drawer).toBe('default/main/vm');
    });
  });
});
