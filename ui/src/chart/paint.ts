// What a chart paints with besides uPlot: the tokens' colours, and marks on the time axis.

import type uPlot from 'uplot';
import type { Tone } from '../parts/tone.ts';

/** Something that happened, to be marked on the time axis. */
export interface Mark {
  key: string | number;
  /** Milliseconds since the Unix epoch. */
  time: number;
  tone: Tone;
  text: string;
}

/** The colours of the theme that is on now; a canvas knows no CSS variables. */
export function colours(element: Element): (token: string) => string {
  const style = getComputedStyle(element);
  return (token) => style.getPropertyValue(`--${token}`).trim();
}

/** A colour with an opacity; the tokens of series are #rrggbb. */
export function faded(colour: string, opacity: number): string {
  const alpha = Math.round(opacity * 255)
    .toString(16)
    .padStart(2, '0');
  return /^#[0-9a-f]{6}$/i.test(colour) ? `${colour}${alpha}` : 'transparent';
}

/** A thin line over the height of the plot for each mark, with a foot that is seen where many stand close. */
export function drawMarks(plot: uPlot, marks: readonly Mark[], colour: (token: string) => string): void {
  const { ctx, bbox } = plot;
  const ratio = window.devicePixelRatio;
  const foot = 3 * ratio;
  ctx.save();
  ctx.lineWidth = ratio;
  ctx.setLineDash([2 * ratio, 3 * ratio]);
  for (const mark of marks) {
    const x = Math.round(plot.valToPos(mark.time, 'x', true));
    if (!(x >= bbox.left && x <= bbox.left + bbox.width)) {
      continue;
    }
    const bottom = bbox.top + bbox.height;
    ctx.strokeStyle = colour(mark.tone);
    ctx.fillStyle = colour(mark.tone);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bottom);
    ctx.stroke();
    ctx.beginPath();
    ctx.moveTo(x, bottom - 2 * foot);
    ctx.lineTo(x + foot, bottom);
    ctx.lineTo(x - foot, bottom);
    ctx.fill();
  }
  ctx.restore();
}

/** The mark nearest to a place on the time axis, within some pixels; what a pointer can aim at. */
export function markAt(plot: uPlot, marks: readonly Mark[], left: number, within = 6): Mark | null {
  let [nearest, distance]: [Mark | null, number] = [null, within];
  for (const mark of marks) {
    const away = Math.abs(plot.valToPos(mark.time, 'x') - left);
    if (away <= distance) {
      [nearest, distance] = [mark, away];
    }
  }
  return nearest;
}
