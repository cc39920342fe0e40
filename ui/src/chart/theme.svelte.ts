// Tells canvases that the theme or the density changed: they cannot inherit it.

import { createSubscriber } from 'svelte/reactivity';

const subscribe = createSubscriber((update) => {
  const observer = new MutationObserver(update);
  observer.observe(document.documentElement, { attributeFilter: ['data-theme', 'data-density'] });
  const media = matchMedia('(prefers-color-scheme: dark)');
  media.addEventListener('change', update);
  return () => {
    observer.disconnect();
    media.removeEventListener('change', update);
  };
});

/** Read in an effect that paints: the effect runs again when what it painted with has changed. */
export function followTheme(): void {
  subscribe();
}
