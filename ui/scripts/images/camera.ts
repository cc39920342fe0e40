// Takes pictures of the console and writes them as WebP, which every browser and GitHub show.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import { login, settled } from '../../e2e/world.ts';

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

/** Letters are as sharp as in the browser to the eye, at a third of the size of a lossless picture. */
const QUALITY = 0.85;

export type Theme = 'dark' | 'light';

export interface Size {
  width: number;
  height: number;
}

export class Camera {
  readonly #browser: Browser;
  readonly #darkroom: Page;
  readonly #folder: string;
  readonly #url: string;

  private constructor(browser: Browser, darkroom: Page, folder: string, url: string) {
    this.#browser = browser;
    this.#darkroom = darkroom;
    this.#folder = folder;
    this.#url = url;
  }

  static async start(folder: string, url: string): Promise<Camera> {
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
    return new Camera(browser, await browser.newPage(), folder, url);
  }

  /** A page of the console, logged in. */
  async open(path: string, colorScheme: Theme, viewport: Size, user: string): Promise<Page> {
    const context = await this.#browser.newContext({
      colorScheme,
      viewport,
      timezoneId: 'UTC',
      locale: 'en-GB',
    });
    const page = await context.newPage();
    await page.goto(this.#url + path);
    await login(page, user);
    await settled(page);
    return page;
  }

  async go(page: Page, path: string): Promise<void> {
    await page.goto(this.#url + path);
    await settled(page);
  }

  /** Writes the page as it is now; bytes of the file. */
  async take(page: Page, name: string): Promise<number> {
    // Nothing is in the middle of its appearance, and nothing is under the pointer.
    await page.mouse.move(0, 0);
    await page.evaluate(() => document.fonts.ready);
    const picture = await page.screenshot({ animations: 'disabled', caret: 'hide', scale: 'css' });
    const webp = await this.#darkroom.evaluate(
      async ([png, quality]) => {
        const image = new Image();
        image.src = `data:image/png;base64,${png}`;
        await image.decode();
        const canvas = new OffscreenCanvas(image.width, image.height);
        canvas.getContext('2d')?.drawImage(image, 0, 0);
        const blob = await canvas.convertToBlob({ type: 'image/webp', quality });
        return Array.from(new Uint8Array(await blob.arrayBuffer()));
      },
      [picture.toString('base64'), QUALITY] as const,
    );
    writeFileSync(join(this.#folder, `${name}.webp`), Uint8Array.from(webp));
    const copies = process.env['TOPMAST_PNG'];
    if (copies !== undefined) writeFileSync(join(copies, `${name}.png`), picture);
    return webp.length;
  }

  async stop(): Promise<void> {
    await this.#browser.close();
  }
}
