// The colours of the series of a widget: the five of the theme, in the order in which neighbours differ most.

const TOKENS = ['series-1', 'series-2', 'series-3', 'series-4', 'series-5'] as const;

/** From this place on they repeat, dashed. */
export const DASH = TOKENS.length;

export function tokenOf(place: number): (typeof TOKENS)[number] {
  return TOKENS[place % TOKENS.length] ?? TOKENS[0];
}
