// What all charts over time have in common, on uPlot: their size, their letters and the time axis.

import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { axisTime, axisZone, STEPS_MS } from './axis.ts';
import { colours } from './paint.ts';

/** The colour of a token of the theme. */
export type Paint = (token: string) => string;

/** The colours of series, in the order in which two and three of them differ most. */
export const TOKENS = ['series-1', 'series-4', 'series-3', 'series-2', 'series-5'] as const;

/** What the options of a chart are made of. */
export interface Frame {
  fontSize: number;
  font: string;
  /** What every axis begins with. */
  quiet: uPlot.Axis;
  /** The axis below. */
  timeAxis: uPlot.Axis;
  base: Pick<uPlot.Options, 'width' | 'height' | 'ms' | 'tzDate' | 'legend'>;
}

/** As large as the text around the box. */
export function frameOf(box: HTMLElement, paint: Paint): Frame {
  const fontSize = Number.parseFloat(getComputedStyle(box).fontSize) || 11;
  const font = `${fontSize}px ${paint('font')}`;
  const zone = axisZone();
  const quiet = { stroke: paint('text-quiet'), font, ticks: { show: false }, border: { show: false } };
  return {
    fontSize,
    font,
    quiet,
    timeAxis: {
      ...quiet,
      size: fontSize * 2,
      gap: fontSize * 0.4,
      incrs: STEPS_MS,
      space: fontSize * 5.6,
      grid: { show: false },
      values: (_, splits, __, ___, step) => splits.map((at) => axisTime(at, step)),
    },
    base: {
      ...sizeOf(box),
      ms: 1,
      // So that days and months begin in the zone that they are written in.
      ...(zone === undefined ? {} : { tzDate: (at: number) => uPlot.tzDate(new Date(at), zone) }),
      legend: { show: false },
    },
  };
}

/** Draws a chart into a box and keeps it as large as the box, until `end` takes it away. */
export function plotIn(
  box: HTMLElement,
  options: (paint: Paint) => uPlot.Options,
  data: uPlot.AlignedData,
): { plot: uPlot; end: () => void } {
  const plot = new uPlot(options(colours(document.documentElement)), data, box);
  const observer = new ResizeObserver(() => plot.setSize(sizeOf(box)));
  observer.observe(box);
  const end = (): void => {
    observer.disconnect();
    plot.destroy();
  };
  return { plot, end };
}

function sizeOf(box: HTMLElement): { width: number; height: number } {
  return { width: Math.max(box.clientWidth, 1), height: Math.max(box.clientHeight, 1) };
}
