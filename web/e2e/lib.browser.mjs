// A page in Chromium as the tests drive it: its console is watched, a failure leaves a picture, and axe looks at it.
//   CHROMIUM         the browser (default: /usr/bin/chromium)
//   STOM_SCREENSHOTS folder for pictures of the page (default: none are kept)
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import axe from 'axe-core';
import { chromium } from 'playwright-core';

const kArguments = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** `looks`: viewport, locale, colorScheme. Pictures are called after `name`. */
export async function openPage(name, looks, moreArguments = []) {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [...kArguments, ...moreArguments],
  });
  const context = await browser.newContext(looks);
  const page = await context.newPage();
  page.setDefaultTimeout(120_000); // a sanitizer build on a machine that builds beside it
  const faults = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));

  const shots = process.env.STOM_SCREENSHOTS;
  if (shots) mkdirSync(shots, { recursive: true });
  const shot = async (what) => shots && page.screenshot({ path: join(shots, `${name}-${what}.png`) });

  async function test(what, body) {
    try {
      await body();
    } catch (error) {
      console.log(`FAIL ${what}; the browser's console: ${JSON.stringify(faults)}`);
      await shot('failure');
      throw error;
    }
    assert.deepEqual(faults.splice(0), [], `the browser's console after “${what}”`);
    console.log(`ok   ${what}`);
  }

  /** No finding of axe that is serious or critical. */
  async function assertAccessible(where) {
    await page.evaluate(axe.source);
    const found = await page.evaluate(async () => (await globalThis.axe.run(document)).violations);
    const grave = found
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(
        ({ id, nodes }) =>
          `${id}: ${nodes.map(({ html, any }) => `${html.slice(0, 120)} ${any[0]?.message ?? ''}`).join(' | ')}`,
      );
    assert.deepEqual(grave, [], where);
  }

  /** Closes the dialog by Escape. It leaves with the page's next turn: a key that opens one before that does nothing. */
  async function shut() {
    await page.keyboard.press('Escape');
    await page.locator('dialog').waitFor({ state: 'detached' });
  }

  const at = (testId) => page.locator(`[data-testid="${testId}"]`);
  return { browser, context, page, faults, shot, shut, test, at, assertAccessible };
}
