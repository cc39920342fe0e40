// What is marked on the time axis of an object's charts: its events as they happen, and those that the journal
// has of the span, read once when it is chosen, the newest up to a bound.
//
// Made while a component starts; it ends with that component.

import { untrack } from 'svelte';
import { get } from '../api/client.ts';
import type { Event, EventPage } from '../api/schema.ts';
import { choice } from '../chart/choice.svelte.ts';
import type { ChartFeed } from '../chart/feed.svelte.ts';
import type { Mark } from '../chart/paint.ts';
import type { ObjectEvents } from './events.svelte.ts';
import { MARKED, marksOf } from './marks.ts';

/** Most events read for a span: far more than a chart has places for. */
const MOST = 500;

export class Marked {
  #read = $state.raw<readonly Event[]>([]);
  #more = $state(false);
  readonly #events: ObjectEvents;
  readonly #marks = $derived.by(() => marksOf(joined(this.#events.items, this.#read)));

  constructor(feed: ChartFeed, events: ObjectEvents) {
    this.#events = events;
    $effect(() => this.#ask(feed));
  }

  /** Newest first. */
  get marks(): readonly Mark[] {
    return this.#marks;
  }

  /** True when more happened in the span than is marked. */
  get more(): boolean {
    return this.#more;
  }

  #ask(feed: ChartFeed): (() => void) | undefined {
    // Read so that another span asks again; the feed's own questions for the same span do not.
    void [choice.zoom, choice.span];
    const extent = feed.loading ? null : untrack(() => feed.answered);
    if (extent === null) {
      return undefined;
    }
    const aborter = new AbortController();
    const query = {
      object: feed.path,
      filter: `kind=${[...MARKED].join(',')}`,
      since: new Date(extent.from).toISOString(),
      until: new Date(extent.to).toISOString(),
      order: 'desc',
      limit: MOST,
    };
    get<EventPage>('/api/v1/events', query, aborter.signal).then(
      ({ items, next }) => {
        this.#read = items;
        this.#more = (next ?? null) !== null;
      },
      // The list of events below says what is wrong; a chart without marks is still one.
      () => undefined,
    );
    return () => aborter.abort();
  }
}

/** Both, newest first, each event once. */
function joined(one: readonly Event[], other: readonly Event[]): Event[] {
  const events = new Map([...other, ...one].map((event) => [event.seq, event]));
  return [...events.values()].sort((a, b) => b.seq - a.seq);
}
