import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DEFINITIONS, Keys } from './keys.ts';

let bindings: Record<string, string>;
let keys: Keys;
let ran: string[];

const press = (key: string, options: KeyboardEventInit = {}, on: Element = document.body): KeyboardEvent => {
  const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...options });
  on.dispatchEvent(event);
  return event;
};
const listen = (event: KeyboardEvent): void => keys.handle(event);
const run = (id: string, when?: () => boolean): (() => void) => keys.on(id, () => ran.push(id), when);

beforeEach(() => {
  bindings = {};
  ran = [];
  keys = new Keys(() => bindings);
  window.addEventListener('keydown', listen);
});

afterEach(() => {
  window.removeEventListener('keydown', listen);
  document.body.innerHTML = '';
});

describe('keys', () => {
  it('run single keys, sequences and chords', () => {
    ['list.next', 'go.servers', 'console.palette', 'console.help'].forEach((id) => run(id));
    press('j');
    press('g');
    press('s');
    press('k', { ctrlKey: true });
    press('K', { metaKey: true });
    press('?', { shiftKey: true });
    expect(ran).toEqual(['list.next', 'go.servers', 'console.palette', 'console.palette', 'console.help']);
  });

  it('take a key that does not go on with a sequence as the begin of another', () => {
    ['list.next', 'go.servers'].forEach((id) => run(id));
    press('g');
    press('j');
    press('s');
    press('g');
    press('g');
    press('s');
    expect(ran).toEqual(['list.next', 'go.servers']);
  });

  it('are text while somebody types, but for chords and Escape', () => {
    // K-1
    ['list.next', 'console.palette', 'console.close'].forEach((id) => run(id));
    document.body.innerHTML = '<input><textarea></textarea><input type="checkbox">';
    const [input, area, box] = [...document.body.children];
    for (const field of [input, area]) {
      if (field) {
        expect(press('j', {}, field).defaultPrevented).toBe(false);
      }
    }
    expect(ran).toEqual([]);
    if (input && box) {
      press('k', { ctrlKey: true }, input);
      press('Escape', {}, input);
      press('j', {}, box);
    }
    expect(ran).toEqual(['console.palette', 'console.close', 'list.next']);
  });

  it('leave Enter to what is focused, and everything to a modal dialog', () => {
    ['list.open', 'list.next'].forEach((id) => run(id));
    document.body.innerHTML = '<button>x</button>';
    const button = document.body.firstElementChild;
    if (button) {
      press('Enter', {}, button);
    }
    expect(ran).toEqual([]);
    press('Enter');
    document.body.innerHTML = '<div data-modal></div>';
    press('j');
    expect(ran).toEqual(['list.open']);
  });

  it('run the newest that can be run', () => {
    run('list.next');
    let open = true;
    const forget = keys.register({
      id: 'list.next',
      keys: 'j',
      label: '',
      group: '',
      run: () => ran.push('drawer'),
      when: () => open,
    });
    press('j');
    open = false;
    press('j');
    open = true;
    forget();
    press('j');
    expect(ran).toEqual(['drawer', 'list.next', 'list.next']);
  });

  it('leave a key alone that nobody wants', () => {
    expect(press('j').defaultPrevented).toBe(false);
    run('list.next');
    expect(press('j').defaultPrevented).toBe(true);
    expect(press('q').defaultPrevented).toBe(false);
  });

  it('can be bound to others', () => {
    run('list.next');
    bindings = { 'list.next': 'n', 'list.previous': '' };
    press('j');
    press('n');
    expect(ran).toEqual(['list.next']);
    expect(keys.keysOf('list.previous')).toBe('');
  });

  it('say in words what a new binding collides with', () => {
    // K-2
    expect(keys.conflict('list.next', 'k')).toBe('k already means “Previous row”');
    expect(keys.conflict('list.next', 'g')).toBe('g collides with g o, which means “Go to Overview”');
    expect(keys.conflict('list.next', 'g s x')).toBe('g s x collides with g s, which means “Go to Servers”');
    expect(keys.conflict('list.next', 'j')).toBeNull();
    expect(keys.conflict('list.next', 'n')).toBeNull();
    for (const { id, keys: usual } of DEFINITIONS) {
      expect(keys.conflict(id, usual), id).toBeNull();
    }
  });

  it('work on a keyboard without Latin letters', () => {
    ['list.next', 'go.servers'].forEach((id) => run(id));
    press('о', { code: 'KeyJ' });
    press('п', { code: 'KeyG' });
    press('ы', { code: 'KeyS' });
    expect(ran).toEqual(['list.next', 'go.servers']);
  });
});
