// Shows for a moment that a cell's text changed: a class with an animation, so that whoever asked the
// system for less motion sees none (app.css). Two classes take turns, for the same one would not start again.

const CLASSES = ['flash-1', 'flash-2'] as const;

/** An action: `use:flash={text}`. Null for a cell that never flashes. */
export function flash(node: HTMLElement, text: string | null): { update(next: string | null): void } {
  let shown = text;
  let turn = 0;
  return {
    update(next) {
      if (next !== null && next !== shown) {
        node.classList.remove(CLASSES[turn] ?? '');
        turn = 1 - turn;
        node.classList.add(CLASSES[turn] ?? '');
      }
      shown = next;
    },
  };
}
