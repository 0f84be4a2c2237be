// The view of the venues in a real browser: `stom serve` finds a session of `stom trade start --paper` that runs at
// `stom exchange`, and the page shows what it says of itself, also when the exchange goes away or the session hangs.
//   STOM_BIN         the program (default: the first of build/{asan,release,dev}/bin/stom)
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPage } from './lib.browser.mjs';
import { Engine } from './lib.engine.mjs';

const home = mkdtempSync(join(tmpdir(), 'stom-venues-'));
const engine = new Engine(home, 'sim:BTCUSDT', [], 2);
const exchange = engine.background('exchange', '--port', '0', '--seed', '7', '--json');
let trade = null;
let maker = null;
const { assertAccessible, at, browser, page, shot, shut, test } = await openPage('venues', {
  viewport: { width: 1600, height: 900 },
  locale: 'en-US',
  colorScheme: 'dark',
});

const card = (venue) => page.locator(`[data-venue="${venue}"]`);
const dialog = page.locator('dialog.venues');

/** The next answer that the page itself gets. */
async function answer() {
  const response = await page.waitForResponse((one) => one.url().endsWith('/api/v1/trading'));
  return (await response.json()).sessions;
}

/** As a session that ended leaves it; older than any that this test runs. */
function left(name, how) {
  const folder = join(home, name);
  mkdirSync(folder);
  writeFileSync(join(folder, 'log'), '2026-01-02T03:04:05.678000000Z all books are synchronised\n');
  mkdirSync(join(home, 'trading_ended'), { recursive: true });
  const file = join(home, 'trading_ended', `1-${name}.json`);
  writeFileSync(file, `{"session":${JSON.stringify(folder)},"pid":1${how}}\n`);
  utimesSync(file, 1, 1);
}

const endedOne = (name) =>
  at('ended-session').filter({ has: page.locator('h3', { hasText: new RegExp(`^${name}$`) }) });

const kInstruments = ['binance:BTCUSDT', 'binance-usdm:ETHUSDT', 'upbit:KRW-BTC', 'kiwoom:005930'];

try {
  const line = await exchange.line;
  const file = join(home, 'exchange.json');
  writeFileSync(file, JSON.stringify(line), { mode: 0o600 });
  await engine.start();
  await page.addInitScript(() => {
    globalThis.tones = 0;
    const start = OscillatorNode.prototype.start;
    OscillatorNode.prototype.start = function (...when) {
      globalThis.tones += 1;
      return start.apply(this, when);
    };
  });

  await test('where no session runs, the view says how to start one', async () => {
    await page.goto(engine.url);
    await at('open-venues').click();
    await at('venues-none').waitFor();
    assert.match(await at('venues-none').innerText(), /stom trade start --paper/);
    await shot('none');
    await shut();
  });

  await test('a session that starts has a card for each of its venues, opened by a key', async () => {
    trade = engine.background(
      ...['trade', 'start', '--paper', '--venues', file, '--strategy', 'idle', '--json'],
      ...['--currency', 'KRW', '--rate', 'USDT/KRW=upbit:KRW-USDT'],
      ...['--limit', 'position@binance=2', '--limit', 'daily_loss=100000', '--dead-man', '1h'],
      ...['--session', join(home, 'today'), ...kInstruments.flatMap((id) => ['--instrument', id])],
    );
    let asked = 0; // meanwhile, and the view is closed
    const count = (request) => {
      if (request.url().endsWith('/api/v1/trading')) asked += 1;
    };
    page.on('request', count);
    const { ready, pid } = await trade.line;
    assert.equal(ready, true);
    page.off('request', count);
    assert.equal(asked, 0, 'nobody looks, and the sessions are asked');
    await page.keyboard.press('v');
    await dialog.waitFor();
    await card('kiwoom').waitFor();
    assert.equal(await at('trading-session').getAttribute('data-state'), 'running');
    const text = await at('trading-session').innerText();
    for (const words of ['today', 'PAPER', 'Running', String(pid)]) assert.ok(text.includes(words), words);
    for (const id of kInstruments) {
      const shown = card(id.split(':')[0]);
      await shown.getByText('Connected', { exact: true }).waitFor();
      assert.equal(await shown.locator(`[data-book="${id}"]`).count(), 1);
    }
  });

  await test('what it shows is what the session says', async () => {
    const shown = () =>
      page.locator('[data-book]').evaluateAll((rows) => rows.map(({ dataset }) => ({ ...dataset })));
    for (let tries = 1; ; tries += 1) {
      const [session] = await answer();
      const told = session.venues.flatMap(({ instruments }) =>
        instruments.map(({ id, bid, ask, stale }) => ({ book: id, bid, ask, stale: String(stale) })),
      );
      try {
        assert.deepEqual(await shown(), told);
        assert.ok(told.every(({ bid, ask }) => Number(bid) > 0 && Number(ask) > Number(bid)));
        break;
      } catch (error) {
        if (tries === 30) throw error; // the answer may not be drawn yet, or the next one already
      }
    }
    const exposure = at('exposure');
    await exposure.locator('[data-rate="USDT/KRW"][data-stale="false"]').waitFor();
    assert.match(
      await exposure.innerText(),
      /Gross exposure\s+0 KRW[\s\S]*Rate by upbit:KRW-USDT\s+1 USDT = 1,\d{3}/,
    );
    const slowest = at('slowest').locator('[data-slowest="lately"]');
    const waited = Number(await slowest.getAttribute('data-waited'));
    assert.ok(waited > 0, 'an event waits for more than nothing');
    assert.match(await slowest.innerText(), /^[\d.]+ (µs|ms|s) \S+:\S+ · \d+ \S+ ago$/);
    const limits = at('limits');
    assert.match(
      await limits.innerText(),
      /Dead-man timer, 1 h\s+entries stop in \d+ min[\s\S]*Position · binance\s+0 \/ 2[\s\S]*Loss of the day/,
    );
    assert.equal(await limits.locator('[data-limit="position"]').getAttribute('data-state'), 'ok');
    assert.equal(await limits.locator('[data-kill]').count(), 0);
    const registrations = card('kiwoom').locator('[data-budget="registrations"]');
    assert.match(await registrations.innerText(), /Registrations\s+1 \/ 100/);
    const meter = card('binance').getByRole('meter', { name: 'weight-1m' });
    assert.match(await meter.getAttribute('aria-valuetext'), /^\d+ of 6000$/);
    assert.equal(await card('upbit').locator('[data-budget="registrations"]').count(), 0);
  });

  await test('of a session that ended it says when, how and what to do, and of one before that nobody told', async () => {
    left(
      'broken',
      ',"end":"failed","time_ns":1767323045678000000,"error":"the disk is full","hint":"make room"',
    );
    left('dead', ',"end":"killed"');
    left('older', '');
    await shut();
    await page.keyboard.press('v');
    const read = (name) => endedOne(name).innerText();
    await endedOne('broken').waitFor();
    assert.match(
      await read('broken'),
      /Ended by an error\s+2026-01-0\d [\d:]+:05\.678[\s\S]*the disk is full\s+make room/,
    );
    assert.match(
      await read('dead'),
      /Killed, or the machine went down\s+last line of its log 2026-01-0\d [\d:]+:05\.678/,
    );
    assert.match(await read('older'), /^older\s+Ended\s+Log$/);
  });

  for (const language of ['en', 'ko']) {
    for (const theme of ['dark', 'light']) {
      await test(`${language}, ${theme}: readable, and it fits a phone`, async () => {
        await page.evaluate(
          ([lang, look]) =>
            localStorage.setItem('stom.prefs', JSON.stringify({ language: lang, theme: look })),
          [language, theme],
        );
        await page.reload();
        await at('open-venues').click();
        await card('kiwoom').waitFor();
        assert.equal(await dialog.locator('h2').innerText(), language === 'ko' ? '거래소' : 'Venues');
        await assertAccessible(`${language} ${theme}`);
        await shot(`${language}-${theme}`);
        await page.setViewportSize({ width: 390, height: 844 });
        const fits = await dialog.evaluate((d) => d.scrollWidth <= d.clientWidth && d.clientWidth <= 390);
        assert.ok(fits, 'no sideways scroll');
        await assertAccessible(`${language} ${theme} phone`);
        await shot(`${language}-${theme}-phone`);
        await page.setViewportSize({ width: 1600, height: 900 });
        await shut();
      });
    }
  }

  await test('the help sheet names the key', async () => {
    await page.evaluate(() =>
      localStorage.setItem('stom.prefs', JSON.stringify({ language: 'en', theme: 'dark' })),
    );
    await page.reload();
    await at('mode').waitFor();
    await page.keyboard.press('?');
    const help = page.locator('dialog.help');
    await help.waitFor();
    assert.match(await help.innerText(), /V\s+Connections, budgets and books/);
    await shut();
  });

  await test('the log of a session is searched by words and by how loud a line is', async () => {
    await page.keyboard.press('v');
    await at('open-log').click();
    const log = at('session-log');
    const rows = log.locator('tbody tr');
    await rows.filter({ hasText: 'all books are synchronised' }).waitFor();
    await log.getByRole('searchbox').fill('SYNCHRONISED');
    await at('log-found').filter({ hasText: 'Lines: 1, that is all' }).waitFor();
    assert.match(await rows.innerText(), /\d{4}-\d{2}-\d{2} [\d:.]+\s+Info\s+all books are synchronised/);
    await log.locator('[data-choice="error"]').click();
    await at('log-found').filter({ hasText: 'No such line' }).waitFor();
    await log.locator('[data-choice="info"]').click();
    await log.getByRole('searchbox').fill('');
    await at('log-found').filter({ hasText: 'that is all' }).waitFor();
    await assertAccessible('log');
    await shot('log');
    const times = await rows.locator('td:first-child').allInnerTexts();
    assert.deepEqual(times, times.toSorted().reverse(), 'newest first');
    await at('open-log').click();
    await log.waitFor({ state: 'detached' });
    await shut();
  });

  await test('what a session holds and orders is shown, digit for digit', async () => {
    maker = engine.background(
      ...['trade', 'start', '--paper', '--venues', file, '--strategy', 'market_maker', '--json'],
      ...['--param', 'distance=1', '--param', 'skew=1', '--param', 'lots=100', '--param', 'max=2000'],
      ...['--session', join(home, 'maker'), '--instrument', 'binance:BTCUSDT'],
    );
    await maker.line;
    await page.keyboard.press('v');
    const section = page
      .locator('[data-testid="trading-session"]')
      .filter({ has: page.locator('h3', { hasText: /^maker$/ }) });
    await section.locator('[data-order]').first().waitFor();
    const read = (what) =>
      section.locator(what).evaluateAll((rows) => rows.map(({ dataset }) => ({ ...dataset })));
    let held = 0;
    for (let tries = 1; held === 0; tries += 1) {
      const told = (await answer()).find(({ session }) => session.endsWith('/maker')).account;
      try {
        assert.deepEqual(
          await read('[data-position]'),
          told.positions.map(({ instrument, quantity, unrealized_pnl }) => ({
            position: instrument,
            quantity,
            gain: unrealized_pnl ?? 'unknown',
          })),
        );
        const orders = (list) => list.map(({ order, status }) => `${order} ${status}`).sort();
        assert.deepEqual(
          orders(await read('[data-order]')),
          orders(told.orders.map(({ client_order_id, status }) => ({ order: client_order_id, status }))),
        );
        held = told.positions.length;
        assert.ok(held > 0 || tries < 120, 'it is never filled');
      } catch (error) {
        if (tries >= 120) throw error; // not drawn yet, or the next answer already
      }
    }
    await assertAccessible('positions and orders');
    await shot('positions');
    assert.equal(await maker.end('SIGTERM'), 0);
    await section.waitFor({ state: 'detached' });
    await at('no-positions').waitFor(); // of the session that holds nothing
    await at('no-orders').waitFor();
    await shut();
  });

  await test('a session is stopped from here: a second click, and to close all its name', async () => {
    await page.keyboard.press('v');
    const kill = at('kill');
    await kill.getByRole('button', { name: 'Stop…' }).click();
    await assertAccessible('stop');
    await shot('stop');
    await kill.getByRole('button', { name: 'Cancel all' }).click();
    await kill.getByRole('button', { name: 'No', exact: true }).click();
    assert.equal(await at('limits').locator('[data-kill]').count(), 0, 'nothing is done by one click');
    await kill.getByRole('button', { name: 'Stop…' }).click();
    await kill.getByRole('button', { name: 'Cancel all' }).click();
    await kill.getByRole('button', { name: 'Cancel all orders now' }).click();
    await at('limits').locator('[data-kill="cancel"]').waitFor();
    await kill.locator('.sign', { hasText: 'all is canceled, nothing leaves' }).waitFor();
    await kill.getByRole('button', { name: 'Stop…' }).click();
    assert.equal(await kill.locator('[data-step]').count(), 1, 'what is done already is not offered');
    await kill.getByRole('button', { name: 'Close all' }).click();
    const sure = kill.getByRole('button', { name: 'Close all at the market' });
    await kill.getByRole('textbox').fill('tody');
    assert.ok(await sure.isDisabled());
    await kill.getByRole('textbox').fill('today');
    await assertAccessible('close all');
    await shot('close-all');
    await sure.click();
    await at('limits').locator('[data-kill="flatten"]').waitFor();
    await kill.getByRole('button', { name: 'Stop…' }).waitFor({ state: 'detached' });
    await shut();
  });

  await test('an alert is told as it happens: over the screen, by a sound, in the list, and once', async () => {
    const tones = () => page.evaluate(() => globalThis.tones);
    // Of the kill switch that was pulled: critical, until somebody closes it.
    const notice = page.locator('.shell > .notices').getByRole('alert');
    await notice.filter({ hasText: 'today: kill switch: ' }).first().waitFor();
    assert.ok((await tones()) >= 3, 'critical is three tones');
    const open = at('open-alerts');
    assert.ok(Number(await open.getAttribute('data-unread')) > 0);
    await open.click();
    const list = at('alert-list');
    const row = (text) => list.locator('tr').filter({ hasText: text });
    for (const step of ['cancel', 'flatten']) {
      await row(`kill switch: ${step}`).waitFor();
      assert.equal(await row(`kill switch: ${step}`).getAttribute('data-severity'), 'critical');
    }
    await row('The session does not run any more').waitFor(); // the one that traded, above
    await assertAccessible('alerts');
    await shot('alerts');
    await at('alert-sound').uncheck();
    await shut();
    assert.equal(await open.getAttribute('data-unread'), '0');
    await page.reload();
    await at('mode').waitFor();
    await open.click();
    assert.equal(await at('alert-sound').isChecked(), false, 'the choice is kept');
    await row('kill switch: flatten').waitFor();
    assert.equal(
      await open.getAttribute('data-unread'),
      '0',
      'what happened before the page was there is no news',
    );
    assert.equal(await notice.count(), 0);
    await shut();
    engine.run('risk', 'set', 'kill_switch=off', '--session', join(home, 'today'));
    engine.run('trade', 'kill', '--step', 'entries', '--session', join(home, 'today'));
    await notice.filter({ hasText: 'kill switch: entries' }).waitFor();
    assert.equal(await tones(), 0, 'it is switched off');
    await assertAccessible('toast');
    await shot('toast');
    await notice.filter({ hasText: 'kill switch: entries' }).getByRole('button').click();
    await notice.waitFor({ state: 'detached' });
    await open.click();
    await at('alert-sound').check();
    assert.equal(await tones(), 1, 'what it sounds like');
    await shut();
  });

  await test('an exchange that goes away is seen: disconnected, when it is tried again, books stale', async () => {
    await page.keyboard.press('v');
    await card('binance').waitFor();
    assert.equal(await exchange.end('SIGTERM'), 0);
    await card('binance').locator('header .sign[data-tone="bad"]').waitFor();
    await card('binance').locator('.connections [data-state="waiting"]').first().waitFor();
    await page.locator('[data-book="binance:BTCUSDT"][data-stale="true"]').waitFor();
    assert.match(await page.locator('[data-book="binance:BTCUSDT"]').innerText(), /stale/);
    await card('binance').locator('[data-count="reconnects"]').waitFor();
    await shot('lost');
    await at('open-log').click();
    await at('session-log').locator('[data-choice="warn"]').click();
    await at('session-log').locator('tr[data-level="warn"]', { hasText: 'binance: ' }).first().waitFor();
    assert.equal(await at('session-log').locator('tr[data-level="info"]').count(), 0);
  });

  await test('a session that hangs is said not to respond, and what to do', async () => {
    trade.signal('SIGSTOP');
    await page.locator('[data-testid="trading-session"][data-state="not responding"]').waitFor();
    const { pid } = await trade.line;
    assert.match(await at('trading-session').innerText(), new RegExp(`Not responding[^]*kill -9 ${pid}`));
    await assertAccessible('not responding');
    await shot('hangs');
    trade.signal('SIGCONT');
    await page.locator('[data-testid="trading-session"][data-state="running"]').waitFor();
  });

  await test('a session that ends is gone from those that run, and its log can still be read', async () => {
    await at('open-log').click();
    await at('session-log').waitFor({ state: 'detached' });
    let asked = 0;
    const count = (request) => {
      if (request.url().endsWith('/api/v1/trading/ended')) asked += 1;
    };
    page.on('request', count);
    for (let i = 0; i < 3; i += 1) await answer();
    assert.equal(asked, 0, 'no session begins or ends, and those that ended are asked for');
    assert.equal(await trade.end('SIGTERM'), 0);
    await at('venues-none').waitFor();
    assert.match(await endedOne('today').innerText(), /Stopped\s+\d{4}-\d{2}-\d{2} [\d:.]+/);
    for (let i = 0; i < 2; i += 1) await answer();
    page.off('request', count);
    assert.equal(asked, 1, 'once for one that ended');
    await at('open-ended-log').first().click();
    await at('session-log').locator('tbody tr').first().waitFor();
    await assertAccessible('ended');
    await shot('ended');
  });
} finally {
  await browser.close();
  trade?.signal('SIGCONT');
  await trade?.end('SIGKILL');
  await maker?.end('SIGKILL');
  await exchange.end('SIGTERM');
  await engine.kill();
  rmSync(home, { recursive: true, force: true });
}
