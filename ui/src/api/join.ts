// Joined clusters: the one that a request is about, and its answer in the words of this console.
//
// ```text
// /api/v1/applications/default/main@east/web-1/switch ─► /api/v1/clusters/east/applications/default/main/web-1/switch
// {"path":"default/main/web-1/switch",…}              ─► {"path":"default/main@east/web-1/switch",…}
// ```
//
// Everything that is shown of an object, and done to it, goes through here; nothing else knows of it. The ids of a
// joined cluster's actions and problems have its mark as well: `12@east`. What a cluster is asked is in its own words;
// a filter says which one by a path or by `cluster=*@east`.
//
// Elsewhere: lists, problems, the overview and logs, which the master itself merges.

import type { Problem } from './schema.ts';

const API = '/api/v1/';
/** What the master answers for all clusters together. */
const MERGED =
  /^\/api\/v1\/(?:(?:servers|applications|services|tasks|problems|overview|clusters)(?:\?|$)|logs(?:\/|\?|$))/;
/** `tenant/cluster@NAME`, with what is inside the cluster. */
const PATH = /(?<![\w.+@:/-])(\w[\w.+:@-]*\/\w[\w.+:@-]*?)@(\w[\w.+:-]*)(?=$|[/\s",)*])/g;
/** The clusters that a filter names, and one of them with its mark. */
const CLUSTERS = /(?<=^|\s)cluster=(\S+)/g;
const CLUSTER = /^([^@]\S*?|\*)@(\w[\w.+:-]*)$/;
/** The id of an action or the number of a problem. */
const ID = /^([0-9a-f-]{36}|\d{1,15})@(\w[\w.+:-]*)$/;
/** A path as a cluster itself says it. */
const OWN_PATH = /^(\w[\w.+:@-]*\/\w[\w.+:@-]*)((?:\/\w[\w.+:@-]*){0,3})$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f-]{27}$/;

/** Fields, of requests and answers, that hold paths. */
const PATHS: ReadonlySet<string> = new Set([
  'path',
  'object',
  'objects',
  'server',
  'servers',
  'application',
  'applications',
  'cluster',
  'parent',
  'within',
  'target',
  'targets',
  'removed',
  'host',
]);
/** Fields of requests in which paths are words of a text. */
const TEXTS: ReadonlySet<string> = new Set(['filter', 'only', 'query', 'match[]']);
/** Fields that hold ids of actions and problems. */
const IDS: ReadonlySet<string> = new Set(['action', 'problems']);

/** A request as it is sent. */
export interface Sent {
  /** The joined cluster that it is for; null for the own one. */
  join: string | null;
  path: string;
  body: unknown;
}

/** Says why a request cannot be sent, as the master would. */
export class SeveralClusters extends Error {
  readonly problem: Problem;

  constructor(joins: readonly string[]) {
    const names = joins.map((join) => (join === '' ? 'the own one' : join)).join(', ');
    const detail = `this concerns several clusters (${names}); choose objects of one and do the others after it`;
    super(detail);
    this.problem = { type: 'about:blank', title: 'Several clusters', status: 0, detail, code: 'other' };
  }
}

/** The joined cluster that a path or an id is of; null for the own one. */
export function joinOf(pathOrId: string): string | null {
  return ID.exec(pathOrId)?.[2] ?? [...pathOrId.matchAll(PATH)][0]?.[2] ?? null;
}

/** An id of a cluster as this console says it. */
export function markId(id: string | number, join: string | null): string {
  return join === null ? String(id) : `${id}@${join}`;
}

/** Where a cluster answers what names nothing of it: a list of all that it has. */
export function listOf(path: string, join: string | null): string {
  return join === null ? path : path.replace(API, `${API}clusters/${encodeURIComponent(join)}/`);
}

/** Where a request goes, and what is asked there. */
export function sent(path: string, body?: unknown): Sent {
  if (!path.startsWith(API) || MERGED.test(path)) {
    return { join: null, path, body };
  }
  const joins = new Set<string>();
  const [address = '', query] = path.split('?');
  // Of an address the part behind the kind of object is a path or an id.
  const [kind = '', ...rest] = address.slice(API.length).split('/').map(decodeURIComponent);
  const named = rest.map((part, index) => (index === 0 ? (ID.exec(part)?.[1] ?? part) : part)).join('/');
  const idJoin = ID.exec(rest[0] ?? '')?.[2];
  if (idJoin !== undefined) joins.add(idJoin);
  const plain = withoutMarks(named, joins);
  const parameters = new URLSearchParams(query);
  const asked = [...parameters].map(([name, value]) => [name, there(value, name, joins) as string]);
  const askedBody = there(body, '', joins);
  if (joins.size > 0 && concernsOwn(body)) joins.add('');
  const [join, ...others] = [...joins].sort();
  if (join === undefined) {
    return { join: null, path, body };
  }
  if (others.length > 0) {
    throw new SeveralClusters([join, ...others]);
  }
  const behind = plain === '' ? '' : `/${plain.split('/').map(encodeURIComponent).join('/')}`;
  const question = query === undefined ? '' : `?${new URLSearchParams(asked)}`;
  return {
    join,
    path: `${API}clusters/${encodeURIComponent(join)}/${kind}${behind}${question}`,
    body: askedBody,
  };
}

/** True when a body names objects of the own cluster. */
function concernsOwn(body: unknown): boolean {
  const targets = (body as { targets?: unknown } | null | undefined)?.targets;
  return Array.isArray(targets) && targets.some((path) => typeof path === 'string' && joinOf(path) === null);
}

/** A value of a request without marks; whose they are is added to `joins`. */
export function there(value: unknown, field: string, joins: Set<string>): unknown {
  if (typeof value === 'string') {
    if (IDS.has(field)) {
      const [, id, join] = ID.exec(value) ?? [];
      if (id !== undefined && join !== undefined) {
        joins.add(join);
        // A problem is a number.
        return /^\d+$/.test(id) ? Number(id) : id;
      }
    }
    if (TEXTS.has(field)) return withoutClusters(withoutMarks(value, joins), joins);
    return PATHS.has(field) ? withoutMarks(value, joins) : value;
  }
  return mapped(value, field, (inner, name) => there(inner, name, joins));
}

/** A value of an answer in the words of this console. */
export function here(value: unknown, join: string, field = ''): unknown {
  if (typeof value === 'string') {
    if (PATHS.has(field)) {
      return value.replace(OWN_PATH, (_, cluster: string, inside: string) => `${cluster}@${join}${inside}`);
    }
    return IDS.has(field) && UUID.test(value) ? markId(value, join) : value;
  }
  const made = mapped(value, field, (inner, name) => here(inner, join, name));
  // Of all that have an id, actions alone say how they operate.
  if (isRecord(made) && 'operation' in made && typeof made['id'] === 'string') {
    return { ...made, id: markId(made['id'], join) };
  }
  return made;
}

function mapped(value: unknown, field: string, each: (inner: unknown, name: string) => unknown): unknown {
  if (Array.isArray(value)) {
    return value.map((inner: unknown) => each(inner, field));
  }
  if (isRecord(value)) {
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, each(inner, name)]));
  }
  return value;
}

function withoutMarks(text: string, joins: Set<string>): string {
  return text.replace(PATH, (_, path: string, join: string) => {
    joins.add(join);
    return path;
  });
}

/** A filter without the marks of the clusters that it names; `''` is added for one that has none beside them. */
function withoutClusters(filter: string, joins: Set<string>): string {
  return filter.replace(CLUSTERS, (term, values: string) => {
    const named = values.split(',').map((value) => CLUSTER.exec(value));
    if (named.every((found) => found === null)) return term;
    named.forEach((found) => joins.add(found?.[2] ?? ''));
    return `cluster=${named.map((found, at) => found?.[1] ?? values.split(',')[at]).join(',')}`;
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
