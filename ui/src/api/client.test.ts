import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ProblemError, get, onSessionEnded, problemOf, send } from './client.ts';

const answer = (status: number, body: unknown): Response =>
  new Response(body === undefined ? null : JSON.stringify(body), { status });

const unauthenticated = {
  type: 'about:blank',
  title: 'Not authenticated',
  status: 401,
  detail: 'the session has ended',
  code: 'unauthenticated',
};

const fetched = vi.fn<typeof fetch>();

beforeEach(() => {
  vi.stubGlobal('fetch', fetched);
});

afterEach(() => {
  vi.unstubAllGlobals();
  fetched.mockReset();
  onSessionEnded(() => Promise.reject(new Error('nobody logs in')));
});

describe('client', () => {
  it('asks with the query given and leaves out what is undefined', async () => {
    fetched.mockResolvedValue(answer(200, { total: 1 }));
    expect(await get('/api/v1/servers', { filter: 'a&b=ü c', limit: 5, sort: undefined })).toEqual({
      total: 1,
    });
    expect(fetched.mock.calls[0]?.[0]).toBe('/api/v1/servers?filter=a%26b%3D%C3%BC+c&limit=5');
  });

  it('throws the problem in the words of the master', async () => {
    const problem = { ...unauthenticated, status: 409, code: 'conflict', detail: 'it runs already' };
    fetched.mockResolvedValue(answer(409, problem));
    await expect(send('POST', '/api/v1/actions', {})).rejects.toMatchObject({ status: 409, problem });
  });

  it('waits for a new session and makes the same request again', async () => {
    fetched.mockImplementationOnce(() => Promise.resolve(answer(401, unauthenticated)));
    fetched.mockImplementationOnce(() => Promise.resolve(answer(202, { id: 'x' })));
    let login: (() => void) | undefined;
    onSessionEnded(() => new Promise((resolve) => (login = resolve)));
    const sent = send('POST', '/api/v1/actions', { id: 'x' });
    await vi.waitFor(() => expect(login).toBeDefined());
    expect(fetched).toHaveBeenCalledTimes(1);
    login?.();
    expect(await sent).toEqual({ id: 'x' });
    expect(fetched.mock.calls[1]).toEqual([
      '/api/v1/actions',
      expect.objectContaining({ method: 'POST', body: '{"id":"x"}' }),
    ]);
  });

  it('tells the problem when nobody logs in', async () => {
    fetched.mockImplementation(() => Promise.resolve(answer(401, unauthenticated)));
    onSessionEnded(() => Promise.reject(new Error('logged out')));
    await expect(get('/api/v1/servers')).rejects.toMatchObject({ problem: unauthenticated });
    expect(fetched).toHaveBeenCalledTimes(1);
  });

  it('says that it does not know what became of a request without an answer', async () => {
    fetched.mockRejectedValue(new TypeError('failed to fetch'));
    const error: unknown = await send('POST', '/api/v1/actions', {}).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(ProblemError);
    expect(problemOf(error).detail).toContain('whether the request was done is unknown');
  });

  it('survives an error page that no master wrote', async () => {
    fetched.mockResolvedValue(
      new Response('<h1>Bad gateway</h1>', { status: 502, statusText: 'Bad Gateway' }),
    );
    await expect(get('/api/v1/servers')).rejects.toMatchObject({
      status: 502,
      message: 'the answer was 502 Bad Gateway',
    });
  });

  it('gives nothing for an empty answer', async () => {
    fetched.mockResolvedValue(answer(204, undefined));
    expect(await send('DELETE', '/api/v1/sessions/current')).toBeUndefined();
  });
});
