// What keys do. Actions are declared once, with their usual keys; whoever can run one at the moment
// registers how. All of them are listed in the help and can be given other keys.
//
// A key is written as the browser names it, with `Ctrl+`, `Alt+` before it; a sequence has spaces
// between: `j`, `Enter`, `Ctrl+K`, `g s`. Ctrl stands for ⌘ as well.
//
// Invariants
// - K-1: nothing runs while somebody types, but for chords with Ctrl and for Escape.
// - K-2: no action's keys begin with, or are, another's; so a key never has to guess.

import { preferences } from './preferences.svelte.ts';

/** An action that keys can stand for. */
export interface KeyDefinition {
  id: string;
  keys: string;
  label: string;
  /** Heading in the help. */
  group: string;
}

/** How an action is run. */
export interface KeyAction extends KeyDefinition {
  run: () => void;
  /** False while it makes no sense; missing for always. */
  when?: () => boolean;
}

const GO = 'Go to';
const LIST = 'Lists';
const PROBLEMS = 'Problems';
const CONSOLE = 'Console';

/** The actions of the console itself; pages register further ones. */
export const DEFINITIONS: readonly KeyDefinition[] = [
  { id: 'go.overview', keys: 'g o', label: 'Overview', group: GO },
  { id: 'go.servers', keys: 'g s', label: 'Servers', group: GO },
  { id: 'go.applications', keys: 'g a', label: 'Applications', group: GO },
  { id: 'go.services', keys: 'g v', label: 'Services', group: GO },
  { id: 'go.tasks', keys: 'g t', label: 'Tasks', group: GO },
  { id: 'go.logs', keys: 'g r', label: 'Logs', group: GO },
  { id: 'go.problems', keys: 'g p', label: 'Problems', group: GO },
  { id: 'go.availability', keys: 'g h', label: 'Availability', group: GO },
  { id: 'go.notifications', keys: 'g n', label: 'Notifications', group: GO },
  { id: 'go.packages', keys: 'g k', label: 'Packages', group: GO },
  { id: 'go.dashboards', keys: 'g d', label: 'Dashboards', group: GO },
  { id: 'go.actions', keys: 'g x', label: 'Actions', group: GO },
  { id: 'go.audit', keys: 'g u', label: 'Audit', group: GO },
  { id: 'go.agentless', keys: 'g l', label: 'Agentless', group: GO },
  { id: 'go.access', keys: 'g e', label: 'Access', group: GO },
  { id: 'list.filter', keys: '/', label: 'Write a filter', group: LIST },
  { id: 'list.next', keys: 'j', label: 'Next row', group: LIST },
  { id: 'list.previous', keys: 'k', label: 'Previous row', group: LIST },
  { id: 'list.select', keys: 'x', label: 'Select the row', group: LIST },
  { id: 'list.open', keys: 'Enter', label: 'Open the row', group: LIST },
  { id: 'log.pause', keys: 'f', label: 'Hold the lines of a log, or let them go on', group: LIST },
  { id: 'problem.acknowledge', keys: 'A', label: 'Acknowledge problems', group: PROBLEMS },
  { id: 'problem.unacknowledge', keys: 'N', label: 'Take an acknowledgement back', group: PROBLEMS },
  { id: 'problem.mute', keys: 'M', label: 'Mute what problems are on', group: PROBLEMS },
  { id: 'problem.comment', keys: 'C', label: 'Comment on problems', group: PROBLEMS },
  { id: 'problem.close', keys: 'D', label: 'Close problems: they are done', group: PROBLEMS },
  { id: 'console.close', keys: 'Escape', label: 'Close what is open', group: CONSOLE },
  { id: 'console.palette', keys: 'Ctrl+K', label: 'Search and commands', group: CONSOLE },
  { id: 'console.pause', keys: 'P', label: 'Pause, or go on', group: CONSOLE },
  { id: 'console.help', keys: '?', label: 'Show the keys', group: CONSOLE },
];

/** Time between two keys of a sequence, in milliseconds: longer than a slow typist takes. */
const SEQUENCE_MS = 1_500;

/** The keys that a press can mean; the second is for keyboards without Latin letters. */
export function chordsOf(event: KeyboardEvent): string[] {
  if (['Control', 'Shift', 'Alt', 'Meta', 'CapsLock', 'AltGraph', 'Dead'].includes(event.key)) {
    return [];
  }
  const chord = event.ctrlKey || event.metaKey;
  const before = (chord ? 'Ctrl+' : '') + (event.altKey && !event.getModifierState('AltGraph') ? 'Alt+' : '');
  const names = [event.key];
  const letter = /^Key([A-Z])$/.exec(event.code)?.[1];
  if (letter !== undefined && !/^[a-z]$/i.test(event.key)) {
    names.push(event.shiftKey ? letter : letter.toLowerCase());
  }
  // A letter in a chord means the same with and without Shift and Caps Lock.
  return names.map(
    (name) => before + (name === ' ' ? 'Space' : chord && name.length === 1 ? name.toUpperCase() : name),
  );
}

/** True where keys are text. */
function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable ||
      target instanceof HTMLTextAreaElement ||
      target instanceof HTMLSelectElement ||
      (target instanceof HTMLInputElement &&
        !['checkbox', 'radio', 'button', 'submit'].includes(target.type)))
  );
}

/** True where Enter and Space have a meaning of their own. */
function isControl(target: EventTarget | null): boolean {
  return (
    target instanceof Element &&
    target.closest(
      'a[href], button, summary, input, select, [role=menuitem], [role=option], [role=tab], [role=checkbox]',
    ) !== null
  );
}

export class Keys {
  readonly #definitions = new Map<string, KeyDefinition>(
    DEFINITIONS.map((definition) => [definition.id, definition]),
  );
  /** The newest last: what was opened last goes first. */
  readonly #actions: KeyAction[] = [];
  readonly #bindings: () => Readonly<Record<string, string>>;
  #begun: string[] = [];
  #begunAt = 0;

  constructor(bindings: () => Readonly<Record<string, string>>) {
    this.#bindings = bindings;
  }

  /** Says how an action is run; call what is returned when it no longer can be. */
  register(action: KeyAction): () => void {
    if (!this.#definitions.has(action.id)) {
      const { id, keys, label, group } = action;
      this.#definitions.set(id, { id, keys, label, group });
    }
    this.#actions.push(action);
    return () => {
      const index = this.#actions.indexOf(action);
      if (index >= 0) {
        this.#actions.splice(index, 1);
      }
    };
  }

  /** Says how a declared action is run. */
  on(id: string, run: () => void, when?: () => boolean): () => void {
    const definition = this.#definitions.get(id) ?? { id, keys: '', label: id, group: CONSOLE };
    return this.register({ ...definition, run, ...(when === undefined ? {} : { when }) });
  }

  /** Every action with its present keys; empty keys are none. */
  definitions(): KeyDefinition[] {
    const bindings = this.#bindings();
    return [...this.#definitions.values()].map((definition) => ({
      ...definition,
      keys: bindings[definition.id] ?? definition.keys,
    }));
  }

  /** The present keys of an action; empty for none. */
  keysOf(id: string): string {
    return this.#bindings()[id] ?? this.#definitions.get(id)?.keys ?? '';
  }

  /** The actions that can be run now, each once. */
  available(): KeyAction[] {
    return this.definitions().flatMap(({ id, keys }) => {
      const action = this.#runnable(id);
      return action ? [{ ...action, keys }] : [];
    });
  }

  /** Why an action cannot have these keys, in words; null when it can. */
  conflict(id: string, wanted: string): string | null {
    if (wanted === '') {
      return null;
    }
    const parts = wanted.split(' ');
    for (const { id: other, keys, label, group } of this.definitions()) {
      if (other === id || keys === '') {
        continue;
      }
      const theirs = keys.split(' ');
      const shared = Math.min(parts.length, theirs.length);
      if (parts.slice(0, shared).join(' ') === theirs.slice(0, shared).join(' ')) {
        const relation =
          parts.length === theirs.length ? 'already means' : `collides with ${keys}, which means`;
        return `${wanted} ${relation} “${group === GO ? `${GO} ${label}` : label}”`;
      }
    }
    return null;
  }

  /** Runs what a press means. */
  handle(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.isComposing) {
      return;
    }
    const chords = chordsOf(event);
    const free = event.key === 'Escape' || event.ctrlKey || event.metaKey;
    if (chords.length === 0 || (isTyping(event.target) && !free)) {
      return;
    }
    if ((event.key === 'Enter' || event.key === ' ') && isControl(event.target)) {
      return;
    }
    // Over a modal dialog the page behind it does not exist.
    if (document.querySelector('[data-modal]') !== null) {
      return;
    }
    if (event.timeStamp - this.#begunAt > SEQUENCE_MS) {
      this.#begun = [];
    }
    this.#begunAt = event.timeStamp;
    if (chords.some((chord) => this.#press([...this.#begun, chord])) || this.#restart(chords)) {
      event.preventDefault();
    }
  }

  /** A key that does not go on with a sequence may begin another. */
  #restart(chords: string[]): boolean {
    const had = this.#begun.length > 0;
    this.#begun = [];
    return had && chords.some((chord) => this.#press([chord]));
  }

  /** True when the presses so far mean something, or can come to. */
  #press(pressed: string[]): boolean {
    const typed = pressed.join(' ');
    let begins = false;
    for (const { id, keys } of this.definitions()) {
      if (keys === typed) {
        const action = this.#runnable(id);
        if (action) {
          this.#begun = [];
          action.run();
          return true;
        }
      }
      begins ||= keys.startsWith(`${typed} `);
    }
    if (begins) {
      this.#begun = pressed;
    }
    return begins;
  }

  #runnable(id: string): KeyAction | undefined {
    return this.#actions.findLast((action) => action.id === id && (action.when?.() ?? true));
  }
}

export const keys = new Keys(() => preferences.keys);
