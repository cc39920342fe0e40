// What a person likes, kept in this browser: theme, density, zone, the span of charts, keys and saved views.
//
// Whatever is found in the storage is checked before it is used; nonsense in it means the default.
// All tabs of the browser stay equal. Knows nothing of what a view shows or a key does.

/** Light, dark, or as the system is set. */
export type Theme = 'dark' | 'light' | 'system';
export type Density = 'comfortable' | 'compact';
/** Whose clock times are written in. */
export type Zone = 'viewer' | 'server' | 'utc';

/** A page as somebody wants to come back to it. */
export interface SavedView {
  name: string;
  /** `servers`, `applications`, … */
  tab: string;
  /** The query of its address, without the question mark. */
  query: string;
  /** True for the view that its tab opens with. */
  opens?: boolean;
}

interface Stored {
  theme: Theme;
  density: Density;
  zone: Zone;
  /** Id of the span that charts show. */
  span: string;
  keys: Readonly<Record<string, string>>;
  views: readonly SavedView[];
}

const STORE = 'topmast.preferences';
/** More views than a menu can show. */
const VIEWS_MAX = 100;
/** Longest name of a view: it has to fit a menu. */
const NAME_MAX = 80;
/** Longest address: what a filter can be, and columns. */
const QUERY_MAX = 16_384;
/** More bindings than there are actions. */
const KEYS_MAX = 200;

const DEFAULTS: Stored = {
  theme: 'system',
  density: 'comfortable',
  zone: 'viewer',
  span: '5m',
  keys: {},
  views: [],
};

/** Reads what was stored; what is not right in it is as if it were not there. */
export function readPreferences(text: string | null): Stored {
  let found: unknown;
  try {
    found = JSON.parse(text ?? '{}');
  } catch {
    return DEFAULTS;
  }
  const field = (name: keyof Stored): unknown =>
    typeof found === 'object' && found !== null ? (found as Record<string, unknown>)[name] : undefined;
  return {
    theme: oneOf(field('theme'), ['dark', 'light', 'system'], DEFAULTS.theme),
    density: oneOf(field('density'), ['comfortable', 'compact'], DEFAULTS.density),
    zone: oneOf(field('zone'), ['viewer', 'server', 'utc'], DEFAULTS.zone),
    span: wordIn(field('span'), DEFAULTS.span),
    keys: keysIn(field('keys')),
    views: viewsIn(field('views')),
  };
}

function oneOf<T extends string>(value: unknown, allowed: readonly T[], otherwise: T): T {
  return allowed.find((word) => word === value) ?? otherwise;
}

function wordIn(value: unknown, otherwise: string): string {
  return typeof value === 'string' && /^[a-z0-9]{1,5}$/.test(value) ? value : otherwise;
}

function keysIn(value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null) {
    return {};
  }
  const bindings = Object.entries(value).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string' && entry[1].length <= NAME_MAX,
  );
  return Object.fromEntries(bindings.slice(0, KEYS_MAX));
}

function viewsIn(value: unknown): SavedView[] {
  return Array.isArray(value) ? value.filter(isView).slice(0, VIEWS_MAX) : [];
}

function isView(value: unknown): value is SavedView {
  const { name, tab, query, opens } = (value ?? {}) as Record<string, unknown>;
  return (
    (opens === undefined || typeof opens === 'boolean') &&
    typeof name === 'string' &&
    name.trim() !== '' &&
    name.length <= NAME_MAX &&
    typeof tab === 'string' &&
    /^[a-z]{1,20}$/.test(tab) &&
    typeof query === 'string' &&
    query.length <= QUERY_MAX
  );
}

class Preferences {
  #stored = $state.raw<Stored>(readPreferences(load()));

  get theme(): Theme {
    return this.#stored.theme;
  }

  set theme(theme: Theme) {
    this.#save({ theme });
  }

  get density(): Density {
    return this.#stored.density;
  }

  set density(density: Density) {
    this.#save({ density });
  }

  get zone(): Zone {
    return this.#stored.zone;
  }

  set zone(zone: Zone) {
    this.#save({ zone });
  }

  get span(): string {
    return this.#stored.span;
  }

  set span(span: string) {
    this.#save({ span });
  }

  /** Keys that differ from the usual ones, by the action's id. */
  get keys(): Readonly<Record<string, string>> {
    return this.#stored.keys;
  }

  set keys(keys: Readonly<Record<string, string>>) {
    this.#save({ keys });
  }

  get views(): readonly SavedView[] {
    return this.#stored.views;
  }

  /** Keeps a view in place of the one of that name; null, or in words why it cannot. */
  saveView(view: SavedView): string | null {
    if (!isView(view)) {
      return `a view needs a name of at most ${NAME_MAX} characters`;
    }
    const others = this.views.filter((other) => other.tab !== view.tab || other.name !== view.name);
    if (others.length >= VIEWS_MAX) {
      return `there are ${VIEWS_MAX} views already; remove one first`;
    }
    this.#save({ views: [...others, view] });
    return null;
  }

  removeView(view: SavedView): void {
    this.#save({ views: this.views.filter((other) => other.tab !== view.tab || other.name !== view.name) });
  }

  /** Lets a tab open with a view, or with none. */
  openWith(view: SavedView, opens: boolean): void {
    this.#save({
      views: this.views.map((other) =>
        other.tab === view.tab ? { ...other, opens: opens && other.name === view.name } : other,
      ),
    });
  }

  /** Another tab changed them. */
  follow(event: StorageEvent): void {
    if (event.key === STORE || event.key === null) {
      this.#stored = readPreferences(event.newValue);
    }
  }

  #save(change: Partial<Stored>): void {
    // Read again: another tab may have saved in this very moment.
    this.#stored = { ...this.#stored, ...readOther(), ...change };
    try {
      localStorage.setItem(STORE, JSON.stringify(this.#stored));
    } catch {
      // Full or forbidden: they hold as long as the tab.
    }
  }
}

function readOther(): Partial<Stored> {
  const text = load();
  return text === null ? {} : readPreferences(text);
}

function load(): string | null {
  try {
    return localStorage.getItem(STORE);
  } catch {
    return null;
  }
}

export const preferences = new Preferences();
