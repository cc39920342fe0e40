// The address in the browser: which page, and how it is filtered, sorted and opened.
//
// Whatever a page shows can be sent to a colleague as its address. Plain links work: a click on one
// changes the page without loading it anew.
//
//   /servers?filter=status!%3DUP&sort=-cpu_pct&columns=status,name&open=default/main/vm
//
// Invariants
// - reading an address that was written gives back the same route, whatever text is in it.

export const TABS = [
  'overview',
  'servers',
  'applications',
  'services',
  'tasks',
  'logs',
  'problems',
  'availability',
  'configurations',
  'notifications',
  'packages',
  'dashboards',
  'actions',
  'audit',
  'agentless',
  'access',
] as const;
export type Tab = (typeof TABS)[number];

/** Values of an address's query; null and empty ones are left out. */
export type Params = Readonly<Record<string, string | null>>;

/** What an address says. */
export interface Route {
  /** Null for an address that is no page. */
  tab: Tab | null;
  params: Readonly<Record<string, string>>;
}

/** Reads the path and query of an address. */
export function readRoute(pathname: string, search: string): Route {
  const name = pathname.replace(/^\/+|\/+$/g, '');
  const tab = name === '' ? 'overview' : (TABS.find((tab) => tab === name && tab !== 'overview') ?? null);
  return { tab, params: Object.fromEntries(new URLSearchParams(search)) };
}

/** The moment that is looked at goes along to every page, until somebody goes back to the present. */
let carried = $state.raw<string | null>(null);

/** The address of a page, for `href`. */
export function href(tab: Tab, params: Params = {}): string {
  const query = Object.entries(carried === null ? params : { at: carried, ...params })
    .filter(
      (entry): entry is [string, string] => entry[1] !== null && (entry[1] !== '' || entry[0] === 'wall'),
    )
    .map(([name, value]) => (value === '' ? encode(name) : `${encode(name)}=${encode(value)}`))
    .join('&');
  return (tab === 'overview' ? '/' : `/${tab}`) + (query === '' ? '' : `?${query}`);
}

/** As encodeURIComponent, but legible: these signs need no escape in a query. */
function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(/%(?:2F|2C|3A|40)/g, decodeURIComponent);
}

class Router {
  #route = $state.raw<Route>(readRoute(location.pathname, location.search));

  constructor() {
    carried = this.#route.params['at'] ?? null;
  }

  get tab(): Tab | null {
    return this.#route.tab;
  }

  get params(): Readonly<Record<string, string>> {
    return this.#route.params;
  }

  get filter(): string {
    return this.params['filter'] ?? '';
  }

  /** As the API takes it: `-cpu_pct,name`; empty for the page's own order. */
  get sort(): string {
    return this.params['sort'] ?? '';
  }

  /** Ids of the columns to show; null for the usual ones. */
  get columns(): string[] | null {
    return this.params['columns']?.split(',').filter((id) => id !== '') ?? null;
  }

  /** The moment that is looked at, in Unix milliseconds; null for the present. */
  get at(): number | null {
    const at = Date.parse(this.params['at'] ?? '');
    return Number.isNaN(at) ? null : at;
  }

  /** The object path or action id that the drawer shows. */
  get drawer(): string | null {
    return this.params['open'] ?? null;
  }

  /** Another page, with these values and no others. */
  go(tab: Tab, params: Params = {}): void {
    this.#move(href(tab, params), false);
  }

  /** The same page with some values changed; null takes one away. */
  set(params: Params, { replace = false }: { replace?: boolean } = {}): void {
    this.#move(this.with(params), replace);
  }

  /** The address of this page with some values changed, for `href`. */
  with(params: Params): string {
    return href(this.tab ?? 'overview', { ...this.params, ...params });
  }

  /** The address of this page with an object or action in the drawer, for `href`; null closes it. */
  open(what: string | null): string {
    return this.with({ open: what });
  }

  /** Reads the address again: the browser went back or forward. */
  read(): void {
    this.#route = readRoute(location.pathname, location.search);
    carried = this.#route.params['at'] ?? null;
  }

  /** Follows a click on a plain link of this console without loading the page anew. */
  follow(event: MouseEvent): void {
    const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    const link = event.target instanceof Element ? event.target.closest('a[href]') : null;
    if (event.defaultPrevented || !plain || !(link instanceof HTMLAnchorElement)) {
      return;
    }
    const leaves = link.target !== '' || link.hasAttribute('download') || link.origin !== location.origin;
    if (leaves || readRoute(link.pathname, '').tab === null) {
      return;
    }
    event.preventDefault();
    this.#move(link.pathname + link.search, false);
  }

  #move(address: string, replace: boolean): void {
    // The address that is there already is no new step of the history.
    if (replace) {
      history.replaceState(null, '', address);
    } else if (address !== location.pathname + location.search) {
      history.pushState(null, '', address);
    }
    this.read();
  }
}

export const route = new Router();
