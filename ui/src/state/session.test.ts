import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { get } from '../api/client.ts';
import { route } from './route.svelte.ts';
import { allows, isWithin, session } from './session.svelte.ts';

const principal = (name: string): object => ({
  kind: 'user',
  name,
  auth: 'session',
  grants: [{ role: 'operator', path: 'acme/main' }],
});
const unauthenticated = {
  type: 'about:blank',
  title: '',
  status: 401,
  detail: 'ended',
  code: 'unauthenticated',
};

/** A master with one session, which the tests end. */
let user: string | null;
const asked: string[] = [];

function answer(path: string, options: RequestInit = {}): Promise<Response> {
  const reply = (status: number, body?: unknown): Promise<Response> =>
    Promise.resolve(new Response(body === undefined ? null : JSON.stringify(body), { status }));
  asked.push(`${options.method} ${path}`);
  if (options.method === 'POST' && path === '/api/v1/sessions') {
    const { user: name, password, cookie } = JSON.parse(String(options.body)) as Record<string, unknown>;
    if (password !== 'right' || cookie !== true) {
      return reply(401, unauthenticated);
    }
    user = String(name);
    return reply(201, { expires_at: '', principal: principal(user) });
  }
  if (user === null) {
    return reply(401, unauthenticated);
  }
  if (options.method === 'DELETE') {
    user = null;
    return reply(204);
  }
  return reply(200, principal(user));
}

beforeEach(async () => {
  vi.stubGlobal('fetch', vi.fn(answer));
  user = null;
  await session.begin();
});

afterEach(() => vi.unstubAllGlobals());

describe('session', () => {
  it('begins with nobody, and knows who logged in', async () => {
    expect([session.state, session.principal]).toEqual(['out', null]);
    await expect(session.login('ann', 'wrong')).rejects.toMatchObject({ status: 401 });
    expect(session.state).toBe('out');
    await session.login('ann', 'right');
    expect([session.state, session.principal?.name]).toEqual(['in', 'ann']);
  });

  it('lets requests wait for the same user, and makes them again', async () => {
    await session.login('ann', 'right');
    user = null;
    const servers = get('/api/v1/servers');
    const tasks = get('/api/v1/tasks');
    await vi.waitFor(() => expect(session.state).toBe('ended'));
    expect(session.principal?.name).toBe('ann');
    await session.login('ann', 'right');
    expect(await servers).toEqual(principal('ann'));
    expect(await tasks).toEqual(principal('ann'));
  });

  it('gives up what one user began when another logs in', async () => {
    // S-1
    await session.login('ann', 'right');
    user = null;
    const servers = get('/api/v1/servers').catch((error: unknown) => error);
    await vi.waitFor(() => expect(session.state).toBe('ended'));
    asked.length = 0;
    await session.login('bob', 'right');
    expect(await servers).toMatchObject({ status: 401 });
    expect(asked).toEqual(['POST /api/v1/sessions']);
  });

  it('gives up what waits when the user logs out instead', async () => {
    await session.login('ann', 'right');
    user = null;
    const servers = get('/api/v1/servers').catch((error: unknown) => error);
    await vi.waitFor(() => expect(session.state).toBe('ended'));
    await session.logout();
    expect(await servers).toMatchObject({ status: 401 });
    expect([session.state, session.principal]).toEqual(['out', null]);
  });

  it('notices what another tab did', async () => {
    await session.login('ann', 'right');
    user = null;
    await session.follow(new StorageEvent('storage', { key: 'topmast.session' }));
    expect(session.state).toBe('out');
  });
});

describe('the past', () => {
  it('lets nobody change anything', async () => {
    await session.login('ann', 'right');
    expect(session.may('operate', 'acme/main/db')).toBe(true);
    route.go('servers', { at: '2026-03-01T12:00:00Z' });
    expect([session.may('operate', 'acme/main/db'), session.may('read', 'acme/main/db')]).toEqual([
      false,
      true,
    ]);
    route.set({ at: null });
    expect(session.may('operate', 'acme/main/db')).toBe(true);
  });
});

describe('rights', () => {
  const grants = [
    { role: 'operator' as const, path: 'acme/main' },
    { role: 'viewer' as const, path: null },
  ];

  it('hold on a path and everything inside it', () => {
    expect(allows({ grants }, 'operate', 'acme/main/db-7')).toBe(true);
    expect(allows({ grants }, 'operate', 'acme/main')).toBe(true);
    expect(allows({ grants }, 'operate', 'acme/main-2')).toBe(false);
    expect(allows({ grants }, 'operate', 'acme')).toBe(false);
    expect(allows({ grants }, 'operate')).toBe(true);
    expect(allows({ grants }, 'read', 'other/x')).toBe(true);
    expect(allows({ grants }, 'manage-access')).toBe(false);
    expect(isWithin('a/bc', 'a/b')).toBe(false);
  });

  it('are none for a role that this console does not know', () => {
    expect(allows({ grants: [{ role: 'constructor' as 'admin', path: null }] }, 'read')).toBe(false);
  });
});
