// Custom actions: what a unit file declares beside running an application, and what a person fills in.
//
// Every value is checked by the master as well; here it is said while it is typed.

import type { CustomAction, CustomOrder, Parameter } from '../api/schema.ts';

/** A custom action while it is being ordered. */
export interface CustomDraft {
  name: string;
  description: string | null;
  parameters: readonly Parameter[];
  /** What stands in the field of each parameter. */
  values: Record<string, string | boolean>;
  /** Arguments of an order that is given once more, as it was. */
  given: CustomOrder['arguments'];
  /** A person said that it is meant, where the unit file wants that. */
  agreed: boolean;
}

/** A custom action with the defaults of its parameters in its fields. */
export function draftOf(action: CustomAction): CustomDraft {
  const parameters = action.parameters ?? [];
  const values = parameters.map(({ name, type, default: value }) => [
    name,
    type === 'boolean' ? value === true : value === null || value === undefined ? '' : String(value),
  ]);
  return {
    name: action.name,
    description: action.description ?? null,
    parameters,
    values: Object.fromEntries(values) as CustomDraft['values'],
    given: {},
    agreed: false,
  };
}

/** An order that was given before. */
export function repeated(order: CustomOrder): CustomDraft {
  const { name, arguments: given = {} } = order;
  return { name, description: null, parameters: [], values: {}, given, agreed: false };
}

/** What a parameter takes, in words. */
export function kindWords(parameter: Parameter): string {
  const { type, min, max, max_length: longest, pattern } = parameter;
  const some = (bound: number | null | undefined): bound is number => bound !== null && bound !== undefined;
  const range = [some(min) ? ` from ${min}` : '', some(max) ? ` up to ${max}` : ''].join('');
  switch (type) {
    case 'integer':
      return `a whole number${range}`;
    case 'number':
      return `a number${range}`;
    case 'text':
      return `a text of at most ${longest ?? 200} characters${pattern ? ` like ${pattern}` : ''}`;
    case 'choice':
      return 'one of these';
    case 'boolean':
      return 'yes or no';
  }
}

/** What is wrong with what stands in the field of a parameter; null when nothing is. */
export function problemOf(parameter: Parameter, value: string | boolean | undefined): string | null {
  const { type, min, max, max_length: longest } = parameter;
  if (typeof value === 'boolean') return null;
  const text = value ?? '';
  switch (type) {
    case 'integer':
    case 'number': {
      const number = text.trim() === '' ? Number.NaN : Number(text);
      const fits = Number.isFinite(number) && number >= (min ?? -Infinity) && number <= (max ?? Infinity);
      const whole = type === 'number' || Number.isSafeInteger(number);
      return fits && whole ? null : `give ${kindWords(parameter)}`;
    }
    case 'choice':
      return text === '' ? 'choose one' : null;
    default:
      return Array.from(text).length > (longest ?? 200) ? `give ${kindWords(parameter)}` : null;
  }
}

/** The first problem of a draft, with its parameter; null when it can be sent. */
export function customProblem(draft: CustomDraft): string | null {
  for (const parameter of draft.parameters) {
    const problem = problemOf(parameter, draft.values[parameter.name]);
    if (problem !== null) return `${parameter.name}: ${problem}`;
  }
  return null;
}

/** The order for a draft. */
export function orderOf(draft: CustomDraft): CustomOrder {
  const typed = draft.parameters.map(({ name, type }) => {
    const value = draft.values[name] ?? '';
    return [name, type === 'integer' || type === 'number' ? Number(value) : value] as const;
  });
  return { name: draft.name, arguments: { ...draft.given, ...Object.fromEntries(typed) } };
}

/** The arguments of an order in words: `keys 3, mode soft`; null without any. */
export function argumentWords(order: CustomOrder | null | undefined): string | null {
  const words = Object.entries(order?.arguments ?? {}).map(([name, value]) => `${name} ${value}`);
  return words.length > 0 ? words.join(', ') : null;
}
