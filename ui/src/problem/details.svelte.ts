// Everything known of one problem, kept true: the list of problems tells when to look again, and so do its object's
// events, for a comment changes no row.

import { get, problemOf, type Problem } from '../api/client.ts';
import { joinOf, markId } from '../api/join.ts';
import type { Event, EventPage, PageProblemRow, ProblemDetails, ProblemRow } from '../api/schema.ts';
import { live, type LiveHandle } from '../live/connection.svelte.ts';

/** Symptoms named; those beyond are counted, and a link shows all. */
const SYMPTOMS = 20;
/** Events of the timeline: more than happens to most problems. */
const EVENTS = 100;
const KINDS = 'Problem*,NoticeDecided';

export class WatchProblem {
  #details = $state.raw<ProblemDetails | null>(null);
  #symptoms = $state.raw<readonly ProblemRow[]>([]);
  #cause = $state.raw<ProblemRow | null>(null);
  #events = $state.raw<readonly Event[]>([]);
  #problem = $state.raw<Problem | null>(null);
  #receivedAt = $state.raw(0);
  /** Of a joined cluster with that one's name. */
  readonly #id: string;
  readonly #join: string | null;
  readonly #number: number;
  readonly #handle: LiveHandle;
  #happened: LiveHandle | null = null;
  readonly #aborter = new AbortController();
  #looks = 0;

  constructor(id: string) {
    this.#id = id;
    this.#join = joinOf(id);
    this.#number = Number.parseInt(id, 10);
    const filter = `(id=${this.#number} or cause=${this.#number})${this.#there()}`;
    this.#handle = live.subscribe({ watch: 'problems', filter, limit: SYMPTOMS + 1 }, ({ event }) => {
      if (event === 'snapshot') {
        void this.#look();
      }
    });
  }

  /** Null until they are here, and when there is no such problem. */
  get details(): ProblemDetails | null {
    return this.#details;
  }

  /** The open problems that it explains, the worst first; at most 20. */
  get symptoms(): readonly ProblemRow[] {
    return this.#symptoms;
  }

  /** The problem that explains it. */
  get cause(): ProblemRow | null {
    return this.#cause;
  }

  /** What happened to it, the newest first. */
  get events(): readonly Event[] {
    return this.#events;
  }

  get problem(): Problem | null {
    return this.#problem;
  }

  get receivedAt(): number {
    return this.#receivedAt;
  }

  close(): void {
    this.#aborter.abort();
    this.#handle.close();
    this.#happened?.close();
  }

  /** The term for its cluster: numbers of another's problems mean others. */
  #there(): string {
    return this.#join === null ? '' : ` cluster=*@${this.#join}`;
  }

  async #look(): Promise<void> {
    const { signal } = this.#aborter;
    const look = ++this.#looks;
    try {
      const details = await get<ProblemDetails>(`/api/v1/problems/${this.#id}`, {}, signal);
      const query = { filter: `cause=${this.#number} status=OPEN${this.#there()}`, limit: SYMPTOMS };
      const [symptoms, cause, events] = await Promise.all([
        get<PageProblemRow>('/api/v1/problems', query, signal),
        // One that its reader may not see is no failure.
        details.cause
          ? get<ProblemRow>(`/api/v1/problems/${markId(details.cause, this.#join)}`, {}, signal).catch(
              () => null,
            )
          : null,
        get<EventPage>(
          '/api/v1/events',
          { object: details.object, filter: `kind=${KINDS}`, order: 'desc', limit: EVENTS },
          signal,
        ),
      ]);
      if (look === this.#looks) {
        this.#details = details;
        this.#symptoms = symptoms.items.filter(({ object }) => joinOf(object) === this.#join);
        this.#cause = cause;
        this.#events = events.items.filter((event) => isAbout(event, this.#number));
        this.#problem = null;
        this.#receivedAt = live.clock();
        this.#follow(details.object, events.head_seq);
      }
    } catch (error) {
      if (!signal.aborted && look === this.#looks) {
        this.#problem = problemOf(error);
      }
    }
  }

  /** From its first look on, which has what was before. */
  #follow(object: string, after: number): void {
    if (this.#happened === null && !this.#aborter.signal.aborted) {
      const to = { watch: 'events', object, after, filter: `kind=${KINDS}` } as const;
      this.#happened = live.subscribe(to, ({ event, data }) => {
        if (event === 'event' && isAbout(data as Event, this.#number)) {
          void this.#look();
        }
      });
    }
  }
}

/** An object has other problems as well: only this one's belong to its timeline. */
function isAbout(event: Event, id: number): boolean {
  return (event.payload as { id?: unknown } | null)?.id === id;
}
