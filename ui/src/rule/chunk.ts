// The page of rules with its editor and chart: nobody who looks at problems has to load it.

import { Chunk } from '../chunk/chunk.svelte.ts';

export const RULES = new Chunk(() => import('./Rules.svelte'));
/** Its chart alone. */
export const TRIAL_CHART = new Chunk(() => import('./TrialChart.svelte'));
