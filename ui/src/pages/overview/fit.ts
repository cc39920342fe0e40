// How much fits on a wall: it is not scrolled, so what does not fit is counted instead.

/** Lengths in the size of the text around. */
export interface Size {
  width: number;
  height: number;
}

export interface Fit {
  columns: number;
  rows: number;
  /** Tiles that are shown; one place is kept for "+N more" when that is fewer than there are. */
  shown: number;
}

/** How `count` tiles fill an area: as large as they can be, none smaller than `least`. */
export function fit(count: number, area: Size, least: Size): Fit {
  const most = {
    columns: Math.max(1, Math.floor(area.width / least.width)),
    rows: Math.max(1, Math.floor(area.height / least.height)),
  };
  const places = most.columns * most.rows;
  if (count > places) {
    return { ...most, shown: places - 1 };
  }
  let best: Fit = { ...most, shown: count };
  let largest = 0;
  for (let columns = 1; columns <= most.columns; columns += 1) {
    const rows = Math.max(1, Math.ceil(count / columns));
    const scale = Math.min(area.width / columns / least.width, area.height / rows / least.height);
    if (rows <= most.rows && scale > largest) {
      [best, largest] = [{ columns, rows, shown: count }, scale];
    }
  }
  return best;
}
