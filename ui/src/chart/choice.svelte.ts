// How much time the charts of this tab show: one choice for all of them. It is in the address, so that a link
// shows the same and the browser's back undoes it; what was chosen last is remembered for the next time.

import { preferences } from '../state/preferences.svelte.ts';
import { route } from '../state/route.svelte.ts';
import { SPANS, spanOf, zoomed, zoomOf, zoomText, type Extent, type Span } from './span.ts';

class Choice {
  readonly #text = $derived(route.params['span']);
  readonly #zoom = $derived(zoomOf(this.#text));
  readonly #span = $derived(spanOf(this.#text) ?? spanOf(preferences.span) ?? SPANS[0]);

  /** What is shown when nobody zoomed, or once the zoom ends. */
  get span(): Span {
    return this.#span;
  }

  /** The part that somebody zoomed to. */
  get zoom(): Extent | null {
    return this.#zoom;
  }

  /** True for the seconds that are happening. */
  get isLive(): boolean {
    return this.#zoom === null && this.#span === SPANS[0];
  }

  show(span: Span): void {
    preferences.span = span.id;
    route.set({ span: span.id });
  }

  zoomTo(extent: Extent): void {
    route.set({ span: zoomText(zoomed(extent)) });
  }

  /** Back to what was shown before any zoom. */
  zoomOut(): void {
    if (this.#zoom) {
      route.set({ span: this.#span.id });
    }
  }
}

export const choice = new Choice();
