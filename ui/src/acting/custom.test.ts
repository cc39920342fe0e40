import { describe, expect, it } from 'vitest';
import type { CustomAction, Parameter } from '../api/schema.ts';
import { argumentWords, customProblem, draftOf, orderOf, problemOf, repeated } from './custom.ts';
import { actionWords, commandWords } from './words.ts';

const ROTATE: CustomAction = {
  name: 'rotate-keys',
  target: 'application',
  means: { command: ['/opt/rotate', '{keys}', '{mode}', '{force}', '{note}'] },
  timeout_ms: 60_000,
  right: 'operator',
  parameters: [
    { name: 'keys', type: 'integer', min: 1, max: 10, default: 2 },
    { name: 'mode', type: 'choice', values: ['soft', 'hard'] },
    { name: 'force', type: 'boolean', default: false },
    { name: 'note', type: 'text', max_length: 5, default: '' },
  ],
};

describe('a custom action', () => {
  it('begins with its defaults and becomes an order of typed arguments', () => {
    const draft = draftOf(ROTATE);
    expect(customProblem(draft)).toBe('mode: choose one');
    draft.values['mode'] = 'soft';
    draft.values['keys'] = '3';
    expect(customProblem(draft)).toBeNull();
    expect(orderOf(draft)).toEqual({
      name: 'rotate-keys',
      arguments: { keys: 3, mode: 'soft', force: false, note: '' },
    });
  });

  it('says what is wrong with a value', () => {
    const [keys, , , note] = ROTATE.parameters as [Parameter, Parameter, Parameter, Parameter];
    for (const value of ['', '0', '11', '2.5', 'two'])
      expect(problemOf(keys, value)).toBe('give a whole number from 1 up to 10');
    expect(problemOf(keys, '10')).toBeNull();
    expect(problemOf(note, 'longer')).toBe('give a text of at most 5 characters');
  });

  it('is repeated with the arguments that it had', () => {
    const order = { name: 'rotate-keys', arguments: { keys: 3, force: true } };
    expect(orderOf(repeated(order))).toEqual(order);
    expect(argumentWords(order)).toBe('keys 3, force true');
    expect(argumentWords({ name: 'reset', arguments: {} })).toBeNull();
  });

  it('is called by its name, and its targets are what they are', () => {
    const service = 'acme/main/vm/switch/MC';
    expect(commandWords('act', [service], 1, 'sign-on')).toBe('sign-on: MC of switch on vm');
    expect(actionWords('act', [service, service], 2, 'sign-on')).toBe('sign-on: 2 services');
    expect(actionWords('act', ['acme/main/vm/switch'], 3, 'rotate-keys')).toBe('rotate-keys: 3 applications');
  });
});
