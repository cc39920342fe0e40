// An element's size in the size of its text, kept true: what fits into it follows.

import type { Size } from './fit.ts';

export class Area {
  #size = $state.raw<Size>({ width: 0, height: 0 });

  get size(): Size {
    return this.#size;
  }

  /** For `{@attach}`. */
  readonly measure = (element: HTMLElement): (() => void) => {
    const observer = new ResizeObserver(() => {
      const em = Number.parseFloat(getComputedStyle(element).fontSize) || 1;
      this.#size = { width: element.clientWidth / em, height: element.clientHeight / em };
    });
    observer.observe(element);
    return () => observer.disconnect();
  };
}
