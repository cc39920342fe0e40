import { mount, unmount } from 'svelte';
import { describe, expect, it } from 'vitest';
import Empty from '../parts/Empty.svelte';
import Shown from './Chunk.svelte';
import { Chunk, loadAll } from './chunk.svelte.ts';

type Props = { title: string };

/** A part whose file comes when the test says so. */
function partOf(answers: ('here' | 'missing')[]): { chunk: Chunk<Props>; asked: () => number } {
  let asked = 0;
  const chunk = new Chunk<Props>(async () => {
    const answer = answers[asked] ?? 'missing';
    asked += 1;
    if (answer === 'missing') {
      throw new TypeError('Failed to fetch dynamically imported module');
    }
    return { default: Empty };
  });
  return { chunk, asked: () => asked };
}

const idle = (): boolean => false;
const noRest = (): Promise<void> => Promise.resolve();

/** Draws a part, and gives what stands there once all is settled. */
async function drawn(chunk: Chunk<Props>): Promise<string> {
  const target = document.body.appendChild(document.createElement('div'));
  const page = mount(Shown<Props>, { target, props: { chunk, props: { title: 'the part' } } });
  await chunk.load();
  await Promise.resolve();
  const text = target.innerText;
  await unmount(page);
  target.remove();
  return text;
}

describe('Chunk', () => {
  it('is asked for once, and stays', async () => {
    // K-1
    const { chunk, asked } = partOf(['here']);
    expect(await Promise.all([chunk.load(), chunk.load()])).toEqual([true, true]);
    expect([await chunk.load(), asked(), chunk.component]).toEqual([true, 1, Empty]);
    expect(await drawn(chunk)).toContain('the part');
  });

  it('is said in words when it cannot be loaded, and tried again when it is wanted', async () => {
    // K-2
    const { chunk, asked } = partOf(['missing', 'missing', 'missing', 'here']);
    expect([await chunk.load(), chunk.failed, asked()]).toEqual([false, true, 1]);
    const text = await drawn(chunk);
    expect(text).toContain('could not be loaded');
    expect(text).toContain('Reload the console');
    const [third, fourth] = [await chunk.load(), await chunk.load()];
    expect([third, fourth, chunk.failed, asked()]).toEqual([false, true, false, 4]);
  });
});

describe('loadAll', () => {
  it('loads what is missing, and gives up at the first that does not come', async () => {
    const one = partOf(['missing', 'here']);
    const other = partOf(['here']);
    await loadAll(idle, noRest);
    expect([one.asked(), other.asked()]).toEqual([1, 0]);
    await loadAll(idle, noRest);
    expect([one.asked(), other.asked()]).toEqual([2, 1]);
    await loadAll(idle, noRest);
    expect([one.asked(), other.asked()]).toEqual([2, 1]);
  });
});
