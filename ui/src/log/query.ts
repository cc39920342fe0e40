// What the page of logs asks for, and its form in the address.

import type { Query } from '../api/client.ts';
import { momentsOf, type ChosenSpan } from '../parts/span.ts';

/** Spans to look back, in hours. */
export const SPANS = [
  { id: '15m', label: 'Last 15 minutes', hours: 0.25 },
  { id: '1h', label: 'Last hour', hours: 1 },
  { id: '24h', label: 'Last 24 hours', hours: 24 },
  { id: '7d', label: 'Last 7 days', hours: 7 * 24 },
] as const;

/** The choices of the page; empty texts are not asked for. */
export interface Choices extends ChosenSpan {
  /** Follow what is written, or search what was. */
  mode: 'live' | 'search';
  filter: string;
  source: string;
  grep: string;
  ignoreCase: boolean;
  fixed: boolean;
  invert: boolean;
  /** Lines around each match. */
  context: string;
}

export function choicesOf(parameters: Readonly<Record<string, string | undefined>>): Choices {
  const {
    filter = '',
    source = '',
    grep = '',
    span = '1h',
    since = '',
    until = '',
    context = '',
  } = parameters;
  return {
    mode: parameters['mode'] === 'search' ? 'search' : 'live',
    filter,
    source,
    grep,
    ignoreCase: 'i' in parameters,
    fixed: 'fixed' in parameters,
    invert: 'invert' in parameters,
    span,
    since,
    until,
    context,
  };
}

/** What is asked of the API. */
export function toQuery(choices: Choices, now: number): Query {
  const { mode, filter, source, grep, ignoreCase, fixed, invert, context } = choices;
  const query: Record<string, string | number | boolean> = {};
  if (filter !== '') query['filter'] = filter;
  if (source !== '') query['source'] = source;
  if (grep !== '') {
    query['pattern'] = grep;
    if (ignoreCase) query['ignore_case'] = true;
    if (fixed) query['fixed'] = true;
    if (invert) query['invert'] = true;
  }
  if (mode === 'live') return { ...query, lines: 100 };
  const { since, until } = momentsOf(choices, SPANS, now);
  if (since !== null) query['since'] = since;
  if (until !== null) query['until'] = until;
  const lines = Number.parseInt(context, 10);
  if (grep !== '' && lines > 0) query['context'] = Math.min(lines, 100);
  return query;
}

/** What is asked of a download of the same lines. */
export function toDownload(choices: Choices, now: number): Query {
  return toQuery({ ...choices, mode: 'search' }, now);
}
