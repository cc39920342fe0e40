// What draws a chart, apart from the pages that show one: with uPlot it is as large as all of them.

import { Chunk } from '../chunk/chunk.svelte.ts';

export const CHART = new Chunk(() => import('./TimeChart.svelte'));
