// Which rows of a long list are in sight: TanStack's virtualizer, made reactive. Rows have one height.

import {
  elementScroll,
  observeElementOffset,
  observeElementRect,
  Virtualizer,
  type Range,
  type VirtualItem,
  type VirtualizerOptions,
} from '@tanstack/svelte-virtual';
import { untrack } from 'svelte';

/** Rows drawn beyond each edge, so that a turn of the wheel finds them there. */
const OVERSCAN = 6;
/** … of which, while it goes one way, so many stand behind; the others are where it goes. */
const BEHIND = 2;

export interface Layout {
  /** Rows in all. */
  count: number;
  /** Height of a row in pixels. */
  height: number;
  /** Height of the titles, which stand above the first row and cover what scrolls below them. */
  head: number;
}

export class VirtualRows {
  #version = $state(0);
  #element: HTMLElement | null = null;
  #layout: Layout = { count: 0, height: 30, head: 0 };
  readonly #virtualizer = new Virtualizer<HTMLElement, HTMLElement>(this.#options());

  #options(): VirtualizerOptions<HTMLElement, HTMLElement> {
    const { count, height, head } = this.#layout;
    return {
      count,
      estimateSize: () => height,
      overscan: OVERSCAN,
      rangeExtractor: (range) => this.#extend(range),
      scrollMargin: head,
      scrollPaddingStart: head,
      getScrollElement: () => this.#element,
      scrollToFn: elementScroll,
      observeElementRect,
      observeElementOffset,
      onChange: () => {
        this.#version += 1;
      },
    };
  }

  /** The rows to draw for those in sight. */
  #extend({ startIndex, endIndex, count }: Range): number[] {
    const direction = this.#virtualizer.scrollDirection;
    const ahead = 2 * OVERSCAN - BEHIND;
    const before = direction === null ? OVERSCAN : direction === 'backward' ? ahead : BEHIND;
    const first = Math.max(0, startIndex - before);
    const last = Math.min(count - 1, endIndex + 2 * OVERSCAN - before);
    return Array.from({ length: Math.max(0, last - first + 1) }, (_, step) => first + step);
  }

  /** Begins to follow an element's scrolling; the result ends it. */
  attach(element: HTMLElement): () => void {
    this.#element = element;
    const end = this.#virtualizer._didMount();
    this.#virtualizer._willUpdate();
    return () => {
      end();
      this.#element = null;
    };
  }

  update(layout: Layout): void {
    const heightChanged = layout.height !== this.#layout.height || layout.head !== this.#layout.head;
    this.#layout = layout;
    this.#virtualizer.setOptions(this.#options());
    this.#virtualizer._willUpdate();
    if (heightChanged) {
      this.#virtualizer.measure();
    }
    untrack(() => {
      this.#version += 1;
    });
  }

  /** The rows to draw, with their places. */
  get items(): VirtualItem[] {
    void this.#version;
    return this.#virtualizer.getVirtualItems();
  }

  /** Height of all rows in pixels. */
  get height(): number {
    void this.#version;
    return this.#layout.count * this.#layout.height;
  }

  /** Rows that fit into the element. */
  get page(): number {
    const height = this.#virtualizer.scrollRect?.height ?? 0;
    return Math.max(1, Math.floor((height - this.#layout.head) / this.#layout.height) - 1);
  }

  /** Scrolls just as far as needed to have a row in sight. */
  show(index: number): void {
    this.#virtualizer.scrollToIndex(index, { align: 'auto' });
  }

  toTop(): void {
    if (this.#element) {
      this.#element.scrollTop = 0;
    }
    // The browser tells of it a frame later; rows of the old place must not be drawn until then.
    this.#virtualizer.scrollOffset = 0;
    untrack(() => {
      this.#version += 1;
    });
  }
}
