// What the audit page asks the journal for, and its form in the address of the page.

import { momentsOf, type ChosenSpan } from '../parts/span.ts';
import { addTerm, joined } from '../table/filter.ts';

/** The kind that says only that reports arrived; what they reported has events of its own. */
export const TECHNICAL = 'ReportsReceived';

/** Spans to look back, in hours; `all` is the whole journal. */
export const SPANS = [
  { id: '1h', label: 'Last hour', hours: 1 },
  { id: '24h', label: 'Last 24 hours', hours: 24 },
  { id: '7d', label: 'Last 7 days', hours: 7 * 24 },
  { id: '30d', label: 'Last 30 days', hours: 30 * 24 },
] as const;

/** The choices of the page; empty texts are not asked for. */
export interface Choices extends ChosenSpan {
  filter: string;
  kind: string;
  person: string;
  object: string;
  technical: boolean;
  /** Only what people did, with its results. */
  deeds: boolean;
  /** The result of a deed. */
  result: string;
}

/** What is asked of the audit's search. */
export interface DeedQuery {
  by?: string;
  object?: string;
  kind?: string;
  result?: string;
  since?: string;
  until?: string;
}

/** What is asked of the API; the same for the list and for what follows live. */
export interface JournalQuery {
  filter?: string;
  kind?: string;
  object?: string;
  action?: string;
  since?: string;
  until?: string;
}

export function choicesOf(parameters: Readonly<Record<string, string | undefined>>, filter: string): Choices {
  const { kind = '', person = '', object = '', span = '', since = '', until = '', result = '' } = parameters;
  const [technical, deeds] = [parameters['technical'] !== undefined, parameters['show'] === 'deeds'];
  return { filter, kind, person, object, span, since, until, technical, deeds, result };
}

export function toQuery(choices: Choices, now: number): JournalQuery {
  const { kind, person, object, span } = choices;
  const { since, until } = momentsOf(choices, SPANS, now);
  let filter = '';
  if (person !== '') filter = addTerm(filter, 'actor', person);
  const asksForTechnical = choices.technical || kind !== '' || mentions(choices.filter);
  if (!asksForTechnical) filter = addTerm(filter, 'kind', TECHNICAL, '!=');
  filter = joined(filter, choices.filter);
  return {
    ...(filter === '' ? {} : { filter }),
    ...(kind === '' ? {} : { kind }),
    ...(object === '' ? {} : { object }),
    ...(span === '' || since === null ? {} : { since }),
    ...(span !== 'range' || until === null ? {} : { until }),
  };
}

export function toDeedQuery(choices: Choices, now: number): DeedQuery {
  const { since, until } = momentsOf(choices, SPANS, now);
  const { person: by, object, kind, result } = choices;
  const asked = { by, object, kind, result, since: since ?? '', until: until ?? '' };
  return Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== ''));
}

function mentions(filter: string): boolean {
  return filter.toLowerCase().includes(TECHNICAL.toLowerCase());
}
