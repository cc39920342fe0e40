import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Action, ActionRequest, ActionStatus } from '../api/schema.ts';
import type { LiveMessage, SubscribeTo } from '../live/connection.svelte.ts';
import { Acting } from './act.svelte.ts';
import { FollowedAction } from './follow.svelte.ts';

const ON_A = 'acme/main/a/switch';
const ON_B = 'acme/main/b/switch';

function action(id: string, status: ActionStatus): Action {
  const target = { path: ON_A, status, message: null, started_at: null, finished_at: null };
  const counts = { pending: 0, running: 0, succeeded: 0, failed: 0, unknown: 0 };
  const at = '2026-03-01T12:00:00.000Z';
  const who = { principal: 'user eve', auth: 'session', reason: null };
  return {
    id,
    operation: 'stop',
    status,
    ...who,
    created_at: at,
    completed_at: null,
    expires_at: at,
    counts,
    targets: [target],
  };
}

function json(status: number, body: unknown): Response {
  return new Response(JSON.stringify(body), { status });
}

/** A master that plans what it is asked, and answers orders as told; null is a connection that breaks. */
class Master {
  readonly orders: ActionRequest[] = [];
  readonly plans: ActionRequest[] = [];
  readonly answers: ((order: ActionRequest) => Response | null)[] = [];
  planned = [ON_A];
  offered: unknown[] = [];

  fetch = (path: string, init?: RequestInit): Promise<Response> => {
    if (path === '/api/v1/clusters') return Promise.resolve(json(200, { items: [{ is_own: true }] }));
    if (init?.body === undefined) return Promise.resolve(json(200, { path, actions: this.offered }));
    const request = JSON.parse(String(init.body)) as ActionRequest;
    if (request.dry_run) {
      this.plans.push(request);
      const targets = this.planned.map((path) => ({ path, status: 'STARTED', effect: 'is stopped' }));
      return Promise.resolve(json(200, { operation: request.operation, targets }));
    }
    this.orders.push(request);
    const answer = this.answers.shift()?.(request) ?? null;
    return answer === null ? Promise.reject(new TypeError('network')) : Promise.resolve(answer);
  };
}

describe('Acting', () => {
  let master: Master;

  beforeEach(() => {
    master = new Master();
    vi.stubGlobal('fetch', master.fetch);
  });
  afterEach(() => vi.unstubAllGlobals());

  async function opened(operation: 'start' | 'stop' | 'restart' = 'stop'): Promise<Acting> {
    const acting = new Acting();
    acting.open({ operation, filter: 'name=switch' });
    await vi.waitFor(() => expect(acting.planning).toBe(false));
    return acting;
  }

  it('recovers in waves what the master names, and orders just that', async () => {
    const acting = new Acting();
    acting.open({ operation: 'start', recover: true });
    await vi.waitFor(() => expect(acting.planning).toBe(false));
    expect(master.plans[0]).toMatchObject({ operation: 'start', recover: true, waves: true });
    expect(master.plans[0]?.targets).toBeUndefined();
    master.answers.push((order) => json(202, action(order.id ?? '', 'PENDING')));
    await acting.submit();
    expect(master.orders[0]).toMatchObject({ targets: [ON_A], waves: true });
    expect(master.orders[0]?.recover).toBeUndefined();
  });

  it('does a custom action that the first of many offers, with its arguments', async () => {
    const rotate = {
      name: 'rotate',
      description: null,
      right: 'operate',
      parameters: [{ name: 'keys', type: 'integer', min: 1, max: 10 }],
    };
    master.planned = [ON_A, ON_B];
    master.offered = [rotate];
    const acting = await opened('start');
    await vi.waitFor(() => expect(acting.offered).toHaveLength(1));
    expect(acting.isChosen).toBe(true);
    const [offered] = acting.offered;
    acting.choose('act', offered);
    // Without its argument there is no plan, and that of the start is not one to agree to.
    expect(acting.planning).toBe(true);
    await acting.submit();
    expect(master.orders).toHaveLength(0);
    if (acting.draft.custom) acting.draft.custom.values['keys'] = '3';
    await acting.replan();
    const custom = { name: 'rotate', arguments: { keys: 3 } };
    expect(master.plans.at(-1)).toMatchObject({ operation: 'act', filter: 'name=switch', custom });
    master.answers.push((order) => json(202, action(order.id ?? '', 'PENDING')));
    await acting.submit();
    expect(master.orders[0]).toMatchObject({ operation: 'act', targets: [ON_A, ON_B], custom });
    acting.open({ operation: 'act', targets: [ON_A], ...(offered ? { custom: offered } : {}) });
    expect(acting.isChosen).toBe(false);
  });

  it('orders the targets of the plan, not the filter (A-2)', async () => {
    const acting = await opened();
    master.answers.push((order) => json(202, action(order.id ?? '', 'PENDING')));
    await acting.submit();
    expect(acting.stage).toBe('sent');
    expect(master.orders[0]?.targets).toEqual([ON_A]);
    expect(master.orders[0]).not.toHaveProperty('filter');
  });

  it('sends the same order again when no answer came, whatever was typed meanwhile (A-1)', async () => {
    const acting = await opened();
    master.answers.push(
      () => null,
      (order) => json(202, action(order.id ?? '', 'PENDING')),
    );
    await acting.submit();
    expect(acting.stage).toBe('uncertain');
    acting.draft.reason = 'typed later';
    await acting.submit();
    expect(acting.stage).toBe('sent');
    expect(master.orders).toHaveLength(2);
    expect(master.orders[1]).toEqual(master.orders[0]);
  });

  it('makes another order, under another id, after a refusal', async () => {
    const acting = await opened();
    const problem = { type: 'about:blank', title: 'Conflict', status: 409, detail: 'busy', code: 'conflict' };
    master.answers.push(
      () => json(409, problem),
      (order) => json(202, action(order.id ?? '', 'PENDING')),
    );
    await acting.submit();
    expect(acting.stage).toBe('plan');
    expect(acting.problem?.detail).toBe('busy');
    await acting.submit();
    expect(master.orders[1]?.id).not.toBe(master.orders[0]?.id);
  });

  it('suggests one at a time for instances of one application, and plans it so', async () => {
    master.planned = [ON_A, ON_B];
    const acting = await opened('restart');
    await vi.waitFor(() => expect(master.plans).toHaveLength(2));
    expect(acting.draft.rolling).toBe(true);
    expect(master.plans[1]).toMatchObject({ rolling: { batch: 1, wait_ms: 0, on_error: 'stop' } });
    const simple = await opened('start');
    expect(simple.draft.rolling).toBe(false);
  });
});

describe('FollowedAction', () => {
  function following(onEnd: (ended: Action) => void) {
    let tell: (message: LiveMessage) => void = () => undefined;
    const source = {
      subscribe: (_to: SubscribeTo, on: (message: LiveMessage) => void) => {
        tell = on;
        return { change: () => undefined, close: () => undefined };
      },
    };
    const followed = new FollowedAction('7', null, onEnd, source);
    return { followed, tell: (message: LiveMessage) => tell(message) };
  }

  it('takes in progress and tells the end once', () => {
    const ends: ActionStatus[] = [];
    const { followed, tell } = following((ended) => ends.push(ended.status));
    tell({ event: 'snapshot', data: action('7', 'RUNNING') });
    const { counts } = action('7', 'RUNNING');
    const progress = { status: 'SUCCEEDED', completed_at: null, expires_at: '', counts, targets: [] };
    tell({ event: 'progress', data: progress });
    tell({ event: 'snapshot', data: action('7', 'SUCCEEDED') });
    expect(followed.action?.status).toBe('SUCCEEDED');
    expect(ends).toEqual(['SUCCEEDED']);
  });

  it('reads an action that the master no longer follows from the journal', async () => {
    vi.stubGlobal('fetch', () => Promise.resolve(json(200, action('7', 'FAILED'))));
    const { followed, tell } = following(() => undefined);
    const gone = {
      type: 'about:blank',
      title: 'Not found',
      status: 404,
      detail: 'no action',
      code: 'not_found',
    };
    tell({ event: 'refused', data: gone });
    await vi.waitFor(() => expect(followed.action?.status).toBe('FAILED'));
    expect(followed.problem).toBeNull();
    vi.unstubAllGlobals();
  });
});
