// The shape of a sparkline, apart from its drawing.

/** Width of the drawing in its own units; the browser stretches it to the cell. */
export const WIDTH = 100;
/** Height of the drawing in its own units. */
export const HEIGHT = 20;

/**
 * An SVG path over values from 0 to `max`, oldest first. A gap lifts the pen; a value between two gaps is a dot.
 */
export function sparkPath(values: readonly (number | null)[], max: number): string {
  const step = values.length > 1 ? WIDTH / (values.length - 1) : 0;
  const top = max > 0 ? max : 1;
  let path = '';
  let down = false;
  for (const [index, value] of values.entries()) {
    if (value === null || !Number.isFinite(value)) {
      down = false;
      continue;
    }
    const x = round(index * step);
    const y = round(HEIGHT - (Math.min(Math.max(value, 0), top) / top) * HEIGHT);
    const last = values[index + 1];
    const alone = !down && (last === undefined || last === null || !Number.isFinite(last));
    // With round line ends, a line of no length is a dot.
    path += down ? `L${x} ${y}` : `M${x} ${y}${alone ? 'h0' : ''}`;
    down = true;
  }
  return path;
}

/** Hundreds of sparklines are on a page: a tenth of a unit is finer than any pixel. */
function round(value: number): number {
  return Math.round(value * 10) / 10;
}
