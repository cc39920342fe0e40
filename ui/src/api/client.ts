// Talks to the master that this page came from.
//
// Every answer that is not a success becomes a ProblemError in the master's own words. A request whose
// session has ended waits for the login dialog and is made again; what the user was doing is not lost. What is about a
// joined cluster goes there (join.ts).
// Knows nothing of pages and shows nothing.

import { SeveralClusters, here, sent } from './join.ts';
import type { Sent } from './join.ts';
import { Lines } from './lines.ts';
import type { Problem } from './schema.ts';

export type { Problem } from './schema.ts';

/** Values of an address's query; undefined ones are left out. */
export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** Longest wait for an answer, in milliseconds: the master itself gives up earlier. */
const PATIENCE_MS = 30_000;

/** Why a request was not done, with the master's explanation. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly problem: Problem;
  /** The HTTP status; 0 when nothing answered. */
  readonly status: number;

  constructor(problem: Problem) {
    super(problem.detail);
    this.problem = problem;
    this.status = problem.status;
  }
}

/** A problem that the console itself found. */
export function localProblem(title: string, detail: string): Problem {
  return { type: 'about:blank', title, status: 0, detail, code: 'other' };
}

/** What to show for anything that was thrown. */
export function problemOf(error: unknown): Problem {
  if (error instanceof ProblemError) {
    return error.problem;
  }
  return localProblem('Unexpected problem', error instanceof Error ? error.message : String(error));
}

/** Waits for a new session; rejects when there will be none. */
type Renewal = () => Promise<void>;

let renew: Renewal | undefined;

/** Says who asks the user to log in again when a request finds its session ended. */
export function onSessionEnded(renewal: Renewal): void {
  renew = renewal;
}

/** Reads JSON. */
export function get<T>(path: string, query: Query = {}, signal?: AbortSignal): Promise<T> {
  return request<T>('GET', path + queryText(query), undefined, signal);
}

/** Sends JSON and reads the answer, if there is one. */
export function send<T>(
  method: 'POST' | 'PUT' | 'DELETE',
  path: string,
  body?: unknown,
  signal?: AbortSignal,
): Promise<T> {
  return request<T>(method, path, body, signal);
}

/** Sends JSON once; an ended session is an error like any other. For logging in. */
export async function sendOnce<T>(
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  body?: unknown,
): Promise<T> {
  return read<T>(await exchange(method, path, body));
}

/**
 * Reads an answer as it comes, a message on each line; a GET has the query in its address, a POST as its body.
 *
 * It may go on for ever: whoever reads it ends it by the signal.
 */
export async function* openMessages<T>(
  method: 'GET' | 'POST',
  path: string,
  query: Query,
  signal: AbortSignal,
): AsyncGenerator<T[]> {
  const asked = () =>
    fetch(method === 'GET' ? path + queryText(query) : path, {
      method,
      credentials: 'same-origin',
      signal,
      ...(method === 'GET'
        ? {}
        : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(query) }),
    });
  let response = await asked();
  if (response.status === 401 && renew !== undefined) {
    await renew();
    response = await asked();
  }
  if (!response.ok || response.body === null) {
    throw new ProblemError(await problemIn(response));
  }
  const lines = new Lines();
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield lines.push(value) as T[];
  }
}

/** The query of an address, with its question mark; empty without one. */
export function queryText(query: Query): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) {
      parameters.set(name, String(value));
    }
  }
  return parameters.size === 0 ? '' : `?${parameters}`;
}

async function request<T>(method: string, path: string, body: unknown, signal?: AbortSignal): Promise<T> {
  for (;;) {
    const response = await exchange(method, path, body, signal);
    if (response.status !== 401 || renew === undefined) {
      return read<T>(response);
    }
    const problem = await problemIn(response);
    try {
      await renew();
    } catch {
      throw new ProblemError(problem);
    }
  }
}

async function exchange(
  method: string,
  path: string,
  body: unknown,
  signal?: AbortSignal,
): Promise<Response> {
  const there = whereTo(path, body);
  const patience = AbortSignal.timeout(PATIENCE_MS);
  try {
    const response = await fetch(there.path, {
      method,
      credentials: 'same-origin',
      signal: signal ? AbortSignal.any([signal, patience]) : patience,
      headers: {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(there.body) }),
    });
    return there.join === null ? response : await inOurWords(response, there.join);
  } catch (error) {
    if (signal?.aborted) {
      throw error;
    }
    const reason = patience.aborted
      ? `the master did not answer within ${PATIENCE_MS / 1000} s`
      : 'the master cannot be reached';
    throw new ProblemError(
      localProblem(
        'No answer',
        `${reason}; whether the request was done is unknown, look before trying again`,
      ),
    );
  }
}

function whereTo(path: string, body?: unknown): Sent {
  try {
    return sent(path, body);
  } catch (error) {
    throw error instanceof SeveralClusters ? new ProblemError(error.problem) : error;
  }
}

/** An answer of a joined cluster as this console says it; what is no JSON stays as it is. */
async function inOurWords(response: Response, join: string): Promise<Response> {
  const answer: unknown = await response
    .clone()
    .json()
    .catch(() => undefined);
  if (answer === undefined) {
    return response;
  }
  const { status, statusText } = response;
  return new Response(JSON.stringify(here(answer, join)), { status, statusText });
}

async function read<T>(response: Response): Promise<T> {
  if (!response.ok) {
    throw new ProblemError(await problemIn(response));
  }
  if (response.status === 204) {
    return undefined as T;
  }
  try {
    return (await response.json()) as T;
  } catch {
    throw new ProblemError(
      localProblem('Unreadable answer', 'the master answered with something other than JSON'),
    );
  }
}

async function problemIn(response: Response): Promise<Problem> {
  const found: unknown = await response.json().catch(() => undefined);
  if (isProblem(found)) {
    return found;
  }
  // Not from a master: a proxy between has its own page for errors.
  return {
    ...localProblem('Request failed', `the answer was ${response.status} ${response.statusText}`.trim()),
    status: response.status,
  };
}

/** True for what a master sends as a problem. */
export function isProblem(value: unknown): value is Problem {
  return (
    typeof value === 'object' &&
    value !== null &&
    'detail' in value &&
    typeof value.detail === 'string' &&
    'code' in value &&
    typeof value.code === 'string' &&
    'status' in value &&
    typeof value.status === 'number'
  );
}
