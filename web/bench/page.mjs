// How smoothly the page draws while the market is fast: chart, order book and tape at once, ten thousand market messages
// and more a second into the engine. Prints one line of figures; not a test, since a busy machine draws late.
//   node bench/page.mjs [SECONDS [STRATEGY]]     STOM_BIN, CHROMIUM as in e2e/page.mjs
// With a strategy that trades at that rate, thousands of orders a second go to the page besides.
// Frames are counted by requestAnimationFrame in the page; interactions (tabs, a typed price, the theme) by the browser's
// own event timing, as INP is.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { Engine } from '../e2e/lib.engine.mjs';

const kSeconds = Number(process.argv[2] ?? 10);
const kStrategy = process.argv[3];
const kWantedPerSecond = 10_000;
const home = mkdtempSync(join(tmpdir(), 'stom-bench-'));
const engine = new Engine(home, 'sim:BTCUSDT', kStrategy ? ['--strategy', kStrategy] : [], 240);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
});
const control = (action, value) => engine.api('POST', '/session/control', { action, value });
const events = async () => (await engine.api('GET', '/health')).engine.events;

/** In the page: every frame's length and every interaction's duration until stop() is called. */
function watch() {
  const frames = [];
  const interactions = [];
  let last = performance.now();
  let going = true;
  const next = (now) => {
    frames.push(now - last);
    last = now;
    if (going) requestAnimationFrame(next);
  };
  requestAnimationFrame(next);
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (entry.interactionId) interactions.push(entry.duration);
  });
  observer.observe({ type: 'event', durationThreshold: 16, buffered: false });
  window.stopWatching = () => {
    going = false;
    for (const entry of observer.takeRecords()) if (entry.interactionId) interactions.push(entry.duration);
    return { frames: frames.slice(2), interactions };
  };
}

const share = (sorted, part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
const round = (value, digits = 1) => Number(value.toFixed(digits));

try {
  await engine.start();
  const page = await browser.newPage({ viewport: { width: 1920, height: 1080 } });
  const socket = { messages: 0, bytes: 0 };
  page.on('websocket', (ws) =>
    ws.on('framereceived', ({ payload }) => {
      socket.messages += 1;
      socket.bytes += payload.length;
    }),
  );
  await page.goto(engine.url);
  await page.locator('[data-testid="play"]').waitFor();
  // The market's own rate is a matter of its hour: find the speed at which there is enough of it.
  await control('speed', '100');
  await control('play');
  const first = await events();
  await page.waitForTimeout(2_000);
  const rate = ((await events()) - first) / 2 / 100;
  const speed = Math.min(1000, Math.ceil((1.3 * kWantedPerSecond) / rate));
  await control('speed', String(speed));
  await page.waitForTimeout(1_000);

  const before = { events: await events(), at: performance.now(), ...socket };
  await page.evaluate(watch);
  const tabs = ['fills', 'log', 'positions', 'orders'];
  for (let i = 0; performance.now() - before.at < kSeconds * 1000; i += 1) {
    await page.locator(`#tab-${tabs[i % tabs.length]}`).click();
    await page.locator('#ticket-price').press('1');
    await page.waitForTimeout(400);
  }
  const { frames, interactions } = await page.evaluate(() => window.stopWatching());
  const seconds = (performance.now() - before.at) / 1000;
  const counted = (await events()) - before.events;
  const { state } = await engine.api('GET', '/session');
  if (state !== 'playing') throw new Error(`the session is ${state}: nothing was measured at full rate`);
  const sorted = frames.toSorted((a, b) => a - b);
  const slow = interactions.toSorted((a, b) => a - b);
  const total = frames.reduce((a, b) => a + b, 0);
  console.log(
    JSON.stringify({
      strategy: kStrategy ?? null,
      seconds: round(seconds),
      speed,
      market_messages_per_second: Math.round(counted / seconds),
      socket_frames_per_second: Math.round((socket.messages - before.messages) / seconds),
      socket_kib_per_second: Math.round((socket.bytes - before.bytes) / seconds / 1024),
      frames_per_second: round((1000 * frames.length) / total),
      frame_p99_ms: round(share(sorted, 0.99)),
      longest_frame_ms: round(sorted.at(-1) ?? 0),
      interactions_above_16_ms: slow.length,
      interaction_p75_ms: share(slow, 0.75),
      interaction_longest_ms: slow.at(-1) ?? 0,
    }),
  );
} finally {
  await browser.close();
  await engine.kill();
  rmSync(home, { recursive: true, force: true });
}
