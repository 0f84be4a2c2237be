// The page in a real browser against the real engine: what it shows is what the engine says; orders, flatten, kill -9 and
// restart; languages, themes and accessibility; and what a foreign page can not do. Needs `stom`, web/dist and Chromium.
//   STOM_BIN         the program (default: the first of build/{asan,release,dev}/bin/stom)
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPage } from './lib.browser.mjs';
import { Engine } from './lib.engine.mjs';

const home = mkdtempSync(join(tmpdir(), 'stom-e2e-'));
const kInstrument = 'sim:BTCUSDT';
const engine = new Engine(home, kInstrument, ['--strategy', 'mm_keep']);
const { assertAccessible, at, browser, context, faults, page, shot, shut, test } = await openPage(
  'page',
  {
    viewport: { width: 1600, height: 900 },
    locale: 'en-US',
    colorScheme: 'dark',
  },
  ['--host-resolver-rules=MAP rebound.test 127.0.0.1'],
);

const value = (name, attribute = 'data-value') => at(name).getAttribute(attribute);
const api = (method, path, body, headers) => engine.api(method, path, body, headers);

/** Waits for a condition of page or engine; the last difference is the failure's text. */
async function until(what, check, ms = 120_000) {
  const deadline = performance.now() + ms;
  for (;;) {
    let difference;
    try {
      if ((await check()) !== false) return;
      difference = 'not yet';
    } catch (error) {
      difference = error.message;
    }
    if (performance.now() > deadline) throw new Error(`${what}: ${difference}`);
    await page.waitForTimeout(50);
  }
}

/** Decimals are compared as numbers, digit for digit: 1.50 is 1.5. */
const plain = (text) => (text?.includes('.') ? text.replace(/\.?0+$/, '') : text);
const same = (shown, told, what) => assert.equal(plain(shown), plain(told), what);

const session = () => api('GET', '/session');
const control = (action, value) =>
  api('POST', '/session/control', value === undefined ? { action } : { action, value });
const orders = async () => (await api('GET', '/orders?status=all&limit=500&cursor=last')).orders;
const openOrders = async () => (await api('GET', '/orders?status=open&limit=500')).orders;
const position = async (id) =>
  (await api('GET', '/positions')).positions.find((held) => held.instrument === id);

async function pausedAndDrawn() {
  await control('pause');
  await until('the page shows the pause', async () => (await value('play', 'data-state')) !== 'playing');
}

/** What the page shows of a paused session, against what the engine answers. */
async function assertSameNumbers(id) {
  const book = await api('GET', `/book?instrument=${encodeURIComponent(id)}&depth=5`);
  await until('best bid and ask', async () => {
    same(await value('best', 'data-bid'), book.bids[0][0], 'best bid');
    same(await value('best', 'data-ask'), book.asks[0][0], 'best ask');
  });
  const account = await api('GET', '/account');
  await until('equity and day P&L', async () => {
    same(await value('equity'), account.equity, 'equity');
    same(await value('day-pnl'), account.day_pnl, 'day P&L');
  });
  const held = await position(id);
  await until('position', async () => {
    same(await value('position-quantity'), held?.quantity ?? '0', 'quantity');
    same((await value('position-average')) || null, held?.average_price ?? null, 'average');
  });
  const open = await openOrders();
  await until('open orders', async () => {
    const shown = await page
      .locator('tr.open[data-order]')
      .evaluateAll((rows) => rows.map((row) => ({ ...row.dataset })));
    const told = open.map((o) =>
      [o.client_order_id, o.status, plain(o.price ?? ''), plain(o.quantity)].join(' '),
    );
    const drawn = shown.map((row) =>
      [row.order, row.status, plain(row.price), plain(row.quantity)].join(' '),
    );
    for (const row of drawn) assert.ok(told.includes(row), `the page shows ${row}, the engine has ${told}`);
    assert.equal(drawn.length, Math.min(told.length, drawn.length));
    if (told.length <= 8) assert.equal(drawn.length, told.length, 'number of open orders');
  });
}

async function enterOrder({ type, price, quantity, postOnly }) {
  await page.getByRole('button', { name: type, exact: true }).click();
  if (price) await page.fill('#ticket-price', price);
  await page.fill('#ticket-quantity', quantity);
  if (type === 'Limit') await at('post-only').setChecked(postOnly ?? false);
}

const manual = async () => (await orders()).filter(({ source }) => source === 'manual');

try {
  await engine.start();
  let instrument;
  let id;

  await test('without the printed link there is a login and nothing else', async () => {
    await page.goto(engine.address);
    await page.fill('#token', '0'.repeat(64));
    await page.getByRole('button', { name: 'Open' }).click();
    await page.getByRole('alert').waitFor();
    assert.match(await page.getByRole('alert').innerText(), /refused this token/);
    faults.length = 0; // the browser notes the 401 that was wanted
  });

  await test('the printed link opens the screen, and the token leaves the address', async () => {
    await page.goto(engine.url);
    await at('mode').waitFor();
    await page.reload(); // the browser stays logged in without the link
    await at('mode').waitFor();
    assert.equal(await at('mode').innerText(), 'REPLAY');
    assert.equal(new URL(page.url()).hash, '');
    assert.equal(await page.evaluate(() => document.cookie), '', 'the cookie is out of reach of scripts');
    await until('connected', async () => (await value('link', 'data-link')) === 'open');
    instrument = (await session()).instruments[0];
    id = instrument.id;
  });

  await test('playing moves the clock, the tape, the chart and the equity curve', async () => {
    await control('speed', '20');
    const before = await at('clock').innerText();
    await at('play').click();
    await until('clock', async () => (await at('clock').innerText()) !== before);
    await until('a trade on the tape', async () => (await page.locator('.trade').count()) > 0);
    await until('levels in the book', async () => (await page.locator('.ladder .row').count()) > 6);
    const best = await page.locator('.asks .row:last-child').elementHandle();
    const ask = await best.innerText();
    await until('the best ask moves, in the element it had', async () => {
      assert.equal(await best.evaluate((row) => row.isConnected), true);
      return (await best.innerText()) !== ask;
    });
    await page.locator('.chart .canvas canvas').first().waitFor();
    await page.getByRole('button', { name: 'Table', exact: true }).click();
    await until('bars', async () => (await page.locator('.bars tbody tr').count()) > 1);
    await page.getByRole('button', { name: 'Table', exact: true }).click();
    await until(
      'the strategy trades',
      async () => (await api('GET', '/fills?limit=1')).fills.length > 0,
      60_000,
    );
  });

  await test('at a paused instant every number on the page is the engine’s', async () => {
    await pausedAndDrawn();
    await assertSameNumbers(id);
    for (let i = 0; i < 3; i += 1) {
      await control('step', '1s');
      await assertSameNumbers(id);
    }
  });

  await test('bars on the page are the bars of the API', async () => {
    const { bars } = await api('GET', `/candles?instrument=${encodeURIComponent(id)}&interval=1s&limit=5`);
    await page.getByRole('button', { name: 'Table', exact: true }).click();
    await until('the last closed bars', async () => {
      const rows = await page
        .locator('.bars tbody tr')
        .evaluateAll((all) =>
          all
            .slice(0, 5)
            .map((row) => [...row.cells].slice(1).map((cell) => cell.textContent.replaceAll(',', ''))),
        );
      const told = bars.map((bar) => bar.slice(1).map(plain)).reverse();
      assert.deepEqual(
        rows.map((row) => row.map(plain)),
        told,
      );
    });
    await page.getByRole('button', { name: 'Table', exact: true }).click();
  });

  await test('the strategy is switched off by hand, so that what follows is ours alone', async () => {
    await at('strategy-switch').click();
    await until('off', async () => (await session()).strategy.state === 'paused');
    await until('shown', async () => (await value('strategy-switch', 'aria-checked')) === 'false');
  });

  const lots = (n) => {
    const decimals = (instrument.lot.split('.')[1] ?? '').length;
    return (BigInt(instrument.lot.replace('.', '')) * BigInt(n))
      .toString()
      .padStart(decimals + 1, '0')
      .replace(new RegExp(`(\\d{${decimals}})$`), decimals ? '.$1' : '$1');
  };

  await test('an order that is off the tick ladder or the lot does not leave the ticket', async () => {
    const before = (await orders()).length;
    await enterOrder({ type: 'Limit', price: '1.00000000001', quantity: lots(1) });
    await at('buy').click();
    await page.getByRole('alert').filter({ hasText: 'tick ladder' }).waitFor();
    assert.equal((await orders()).length, before);
  });

  await test('a post-only limit order by hand rests, shows, and is canceled', async () => {
    const book = await api('GET', `/book?instrument=${encodeURIComponent(id)}&depth=20`);
    const price = book.bids[book.bids.length - 1][0];
    await enterOrder({ type: 'Limit', price, quantity: lots(3), postOnly: true });
    await at('buy').click();
    await until('sent', async () => (await manual()).length === 1);
    const [sent] = await manual();
    same(sent.price, price, 'price');
    same(sent.quantity, lots(3), 'quantity');
    assert.equal(sent.post_only, true);
    await control('step', '1s');
    await until('working', async () => (await manual())[0].status === 'working');
    await assertSameNumbers(id);
    const taken = page.waitForResponse((response) => response.request().method() === 'DELETE');
    await page.locator(`tr[data-order="${sent.client_order_id}"] button`).click();
    assert.equal((await taken).status(), 202); // before market time goes on, which carries it
    await control('step', '1s');
    await until('canceled', async () => (await manual())[0].status === 'canceled');
    await until(
      'shown as canceled',
      async () =>
        (await page.locator(`tr[data-order="${sent.client_order_id}"]`).getAttribute('data-status')) ===
        'canceled',
    );
  });

  await test('a market order changes the position by its quantity, on the page as in the engine', async () => {
    await api(
      'POST',
      '/flatten',
      { instrument: id, pause_strategy: true },
      { 'Idempotency-Key': 'e2e-even-out' },
    );
    await control('step', '1s');
    same((await position(id))?.quantity ?? '0', '0', 'flat before');
    await enterOrder({ type: 'Market', quantity: lots(5) });
    await at('buy').click();
    await until('sent', async () => (await manual()).some((o) => plain(o.quantity) === plain(lots(5))));
    await control('step', '1s');
    same((await position(id)).quantity, lots(5), 'position');
    await assertSameNumbers(id);
  });

  await test('what the server refuses is told with its cause; what the venue refuses stands in the order’s row', async () => {
    await enterOrder({ type: 'Limit', price: `${'9'.repeat(30)}.0`, quantity: lots(1) });
    await at('buy').click();
    const notice = page.locator('[data-testid="notice"][data-code="price_out_of_range"]');
    await notice.waitFor();
    assert.match(await notice.innerText(), /out of range/);
    await notice.getByRole('button').click();
    faults.length = 0; // the browser notes the 422 that was wanted

    // Deep enough to cross whatever our own orders have taken from the best levels since the book changed.
    const [ask] = (await api('GET', `/book?instrument=${encodeURIComponent(id)}&depth=20`)).asks.at(-1);
    await enterOrder({ type: 'Limit', price: ask, quantity: lots(1), postOnly: true });
    await at('buy').click();
    await until('sent', async () => (await manual()).some(({ status }) => status === 'pending_new'));
    await control('step', '1s');
    await until('refused', async () =>
      (await manual()).some(({ reason }) => reason === 'post_only_would_take'),
    );
    await page.locator('tr[data-source="manual"]').getByText('Post-only would have taken').waitFor();
  });

  await test('trading keys do nothing until they are armed', async () => {
    await enterOrder({ type: 'Market', quantity: lots(1) });
    await page.locator('.topbar').click({ position: { x: 5, y: 5 } });
    const before = (await manual()).length;
    await page.keyboard.press('a');
    await page.waitForTimeout(300);
    assert.equal((await manual()).length, before);
    await page.keyboard.press('Shift+A');
    await page.keyboard.press('a');
    await until('one order', async () => (await manual()).length === before + 1);
    await page.keyboard.press('Shift+A');
    await control('step', '1s');
    same((await position(id)).quantity, lots(6), 'position');
  });

  await test('Space plays and pauses; ? shows the keys', async () => {
    await page.locator('.topbar').click({ position: { x: 5, y: 5 } });
    await page.keyboard.press('Space');
    await until('playing', async () => (await session()).state === 'playing');
    await until('shown', async () => (await value('play', 'data-state')) === 'playing');
    await page.keyboard.press('Space');
    await until('paused', async () => (await session()).state === 'paused');
    await page.keyboard.press('?');
    await page.getByRole('dialog').waitFor();
    await shut();
  });

  await test('the log tells what was done by hand and what came of it, each with its time', async () => {
    await page.locator('#tab-log').click();
    const { entries } = await api('GET', '/log?limit=1000&cursor=last');
    for (const code of [
      'strategy_off',
      'order_sent',
      'order_working',
      'order_canceled',
      'order_refused',
      'fill',
      'pause',
    ])
      assert.ok(
        entries.some((entry) => entry.code === code),
        `${code} in the log`,
      );
    await page.getByRole('button', { name: 'Problems', exact: true }).click();
    await page.locator('tr[data-code="order_refused"]').first().waitFor();
    assert.match(
      await page.locator('tr[data-code="order_refused"]').first().innerText(),
      /\d\d:\d\d:\d\d\.\d{3}.*Order refused: .*Post-only would have taken/s,
    );
    assert.equal(await page.locator('tr[data-code="fill"]').count(), 0);
    await page.getByRole('button', { name: 'All', exact: true }).click();
    await page.locator('tr[data-code="fill"]').first().waitFor();
    await page.locator('#tab-orders').click();
  });

  await test('generated data are not called a recording', async () => {
    assert.equal(await value('source', 'data-source'), 'generator');
    assert.match(await at('source').innerText(), /Generated/);
  });

  await test('after kill -9 and restart the page says so, and the session goes on with the same position', async () => {
    await pausedAndDrawn();
    const before = {
      held: await position(id),
      account: await api('GET', '/account'),
      session: await session(),
      fills: (await api('GET', '/fills?limit=1000')).fills,
    };
    await engine.kill();
    await at('banner').waitFor();
    assert.match(await at('banner').innerText(), /connection to the engine is lost/);
    faults.length = 0; // refused connections
    await engine.start();
    await page.locator('#token').waitFor();
    await page.fill('#token', engine.url);
    await page.getByRole('button', { name: 'Open' }).click();
    await until('connected', async () => (await value('link', 'data-link')) === 'open');
    faults.length = 0; // the old login was refused
    const after = await session();
    assert.equal(after.resumed, true);
    assert.equal(after.session_id, before.session.session_id);
    assert.equal(after.clock_time_ns, before.session.clock_time_ns);
    same((await position(id)).quantity, before.held.quantity, 'position');
    same((await api('GET', '/account')).equity, before.account.equity, 'equity');
    assert.deepEqual((await api('GET', '/fills?limit=1000')).fills, before.fills);
    await assertSameNumbers(id);
  });

  await test('flatten takes two presses and leaves nothing', async () => {
    await at('flatten').click();
    assert.match(await at('flatten').innerText(), /again/);
    await at('flatten').click();
    await page.locator('[data-testid="notice"][data-code="flatten_sent"]').waitFor();
    await control('step', '1s');
    same((await position(id)).quantity, '0', 'position');
    await assertSameNumbers(id);
    assert.equal((await orders()).filter(({ status }) => status === 'working').length, 0);
  });

  await test('speed chosen on the page is the engine’s speed', async () => {
    await at('speed').selectOption('100');
    await until('speed', async () => (await session()).speed === '100');
  });

  await test('a jump stops at the next fill', async () => {
    await at('strategy-switch').click();
    await until('on', async () => (await session()).strategy.state === 'running');
    const count = async () => (await api('GET', '/fills?limit=1000&cursor=last')).fills.at(-1).fill_id;
    const before = await count();
    await page.getByLabel('Length of a step').selectOption('fill');
    await at('step').click();
    await until('one more', async () => Number(await count()) > Number(before));
    await until('paused', async () => (await session()).state === 'paused');
    const last = (await api('GET', '/fills?limit=1&cursor=last')).fills[0];
    const late = BigInt((await session()).clock_time_ns) - BigInt(last.local_time_ns);
    assert.ok(late >= 0n && late <= 10_000_000n, `${late} ns after it`);
    await assertSameNumbers(id);
  });

  await test('dragging the bar goes forward in the recording, and back only by starting over', async () => {
    const { data, session_id } = await session();
    await at('seek').fill('700');
    const there = async (thousandths) => {
      const from = BigInt(data.from_time_ns);
      const goal = from + ((BigInt(data.to_time_ns) - from) * thousandths) / 1000n;
      const now = await session();
      return now.state === 'paused' && BigInt(now.clock_time_ns) === goal;
    };
    await until('there', () => there(700n));
    await assertSameNumbers(id);
    await at('seek').fill('200');
    await page.getByRole('button', { name: /Start over and run to/ }).click();
    await until('a session of its own', async () => (await session()).session_id !== session_id);
    await until('there', () => there(200n));
    await assertSameNumbers(id);
  });

  await test('a stored backtest opens as its tear sheet, in an origin that is nobody’s', async () => {
    engine.run('backtest', 'run', '--strategy', 'mm_keep', '--instrument', kInstrument, '--quiet');
    const [run] = (await api('GET', '/runs')).runs;
    await page.locator('#tab-runs').click();
    const row = page.locator(`tr[data-run="${run.run_id}"]`);
    await row.waitFor();
    assert.ok((await row.innerText()).includes(run.trades), 'its number of trades');
    assert.match(run.pessimistic_return, /^-?\d+(\.\d+)?$/, 'its fill-uncertainty band');
    assert.match(await row.innerText(), /%\s…\s/);
    const [report] = await Promise.all([context.waitForEvent('page'), row.getByRole('link').click()]);
    await report.getByRole('heading', { name: 'mm_keep', exact: true }).waitFor();
    assert.equal(await report.evaluate(() => origin), 'null');
    await report.getByText('between the queue models').first().waitFor(); // its equity stands in a band
    const reached = await report.evaluate(
      (address) =>
        fetch(`${address}/api/v1/session`).then(
          () => 'yes',
          () => 'no',
        ),
      engine.address,
    );
    assert.equal(reached, 'no', 'its scripts reach nothing');
    await report.close();
    await page.locator('#tab-orders').click();
  });

  await test('a stored backtest shows its curve, its band and its drawdown: the numbers of its files', async () => {
    const stored = () => JSON.parse(engine.run('backtest', 'list', '--json')).runs.map(({ id }) => id);
    const made = (...more) => {
      const before = stored();
      engine.run('backtest', 'run', '--strategy', 'grid', '--instrument', kInstrument, '--quiet', ...more);
      return stored().find((run) => !before.includes(run));
    };
    const rowsOf = (run, file) =>
      readFileSync(join(home, 'runs', run, file), 'utf8')
        .trim()
        .split('\n')
        .slice(1)
        .map((line) => line.split(','));
    const open = async (run) => {
      await page.locator('#tab-runs').click();
      await page.getByRole('button', { name: 'Reload' }).click();
      await page.locator(`tr[data-run="${run}"]`).getByRole('button').click();
      await at('run-curve').waitFor();
    };
    const reading = () => at('run-reading').evaluate((element) => ({ ...element.dataset }));
    const assertReads = async (run, rows, band, index) => {
      const [time, equity, drawdown] = rows[index];
      const shown = await reading();
      assert.equal(shown.time, time, `row ${index} of ${run}`);
      same(shown.equity, equity, 'equity');
      same(shown.drawdown, drawdown, 'drawdown');
      same(shown.pessimistic, band[index]?.[1] ?? '', 'the pessimistic run');
      same(shown.optimistic, band[index]?.[2] ?? '', 'the optimistic run');
      const text = (await at('run-reading').innerText()).replaceAll(',', '');
      assert.ok(text.includes(`${plain(equity)} USDT`), `${text} has all digits of ${equity}`);
    };

    const banded = made();
    const rows = rowsOf(banded, 'equity.csv');
    const band = rowsOf(banded, 'band.csv');
    const curve = await api('GET', `/runs/${banded}/curve?points=5000`);
    assert.deepEqual(
      curve.points.map((point) => point.map(plain)),
      rows.map((row, i) => [...row, ...band[i].slice(1)].map(plain)),
      'every row of a run that is short',
    );
    const statistics = JSON.parse(readFileSync(join(home, 'runs', banded, 'statistics.json'), 'utf8'));
    assert.equal(Number(curve.statistics.total_return), statistics.total_return);
    await open(banded);
    assert.equal(await value('run-curve', 'data-points'), String(rows.length));
    await assertReads(banded, rows, band, rows.length - 1); // where it ended
    await at('run-curve').press('Home');
    await assertReads(banded, rows, band, 0);
    for (let i = 0; i < 3; i += 1) await at('run-curve').press('ArrowRight'); // several rows in one pixel
    await assertReads(banded, rows, band, 3);
    await page.locator('.equity-plot').hover();
    const { time } = await reading();
    const under = rows.findIndex((row) => row[0] === time);
    assert.ok(under > rows.length / 4 && under < (rows.length * 3) / 4, `the pointer reads row ${under}`);
    await assertReads(banded, rows, band, under);
    const figures = await page.locator('.run .figures').innerText();
    assert.ok(figures.includes(String(statistics.trades)), 'its number of trades');
    assert.equal(await page.locator('.run').getByRole('link').count(), 1, 'the tear sheet');
    await assertAccessible('the curve of a run');
    await shot('run');
    await shut();

    const long = made('--no-band', '--equity-every', '10ms');
    await open(long);
    const many = rowsOf(long, 'equity.csv');
    assert.equal(await value('run-curve', 'data-rows'), String(many.length));
    const drawn = (await api('GET', `/runs/${long}/curve?points=500`)).points;
    assert.ok(drawn.length <= 500 && many.length > 100_000, `${drawn.length} of ${many.length}`);
    const known = new Map(many.map((row) => [row[0], row]));
    for (const [at, equity, drawdown, ...rest] of drawn) {
      assert.deepEqual([at, plain(equity), plain(drawdown)], known.get(at).map(plain), 'a row of the file');
      assert.deepEqual(rest, [null, null], 'no band was run');
    }
    const worth = (points) => points.map((point) => Number(point[1]));
    const [least, most] = [
      (all) => all.reduce((a, b) => Math.min(a, b)),
      (all) => all.reduce((a, b) => Math.max(a, b)),
    ];
    assert.equal(least(worth(drawn)), least(worth(many)), 'the lowest');
    assert.equal(most(worth(drawn)), most(worth(many)), 'the highest');
    assert.ok((await page.locator('.run').innerText()).includes('No band'));
    await page.keyboard.press(']'); // the next older one
    await until('the run before it', async () =>
      same(await value('run-curve', 'data-rows'), String(rows.length)),
    );
    await shut();
    await page.locator('#tab-orders').click();
  });

  await test('a strategy for several instruments is not begun with one', async () => {
    await at('new-session').click();
    await page.locator('#begin-strategy').selectOption('pairs');
    assert.match(
      await at('too-few').innerText(),
      /pairs needs 2 instruments.*stom backtest run --strategy pairs/s,
    );
    assert.equal(await at('begin').isDisabled(), true);
    await page.locator('#begin-strategy').selectOption('grid');
    assert.equal(await at('begin').isDisabled(), false);
    await shut();
    const refused = await api('POST', '/session/begin', {
      instrument: kInstrument,
      strategy: 'momentum_rotation',
      parameters: {},
      from_time_ns: null,
      to_time_ns: null,
    }).catch((error) => error.message);
    assert.match(refused, /400.*needs 2 instruments/);
  });

  await test('a new session is chosen on the page, and goes on after kill -9 as it was chosen', async () => {
    await at('new-session').click();
    await page.locator('#begin-instrument').selectOption('sim:KRW-ETH');
    await page.locator('#begin-strategy').selectOption('grid');
    await page.locator('#begin-p-levels').fill('3');
    assert.match(
      await at('command').innerText(),
      /^stom serve --instrument sim:KRW-ETH --strategy grid --param levels=3 /,
    );
    await at('begin').click();
    await until('begun', async () => (await session()).instruments[0].id === 'sim:KRW-ETH');
    await until('shown', async () => (await value('instrument', 'data-id')) === 'sim:KRW-ETH');
    assert.equal((await session()).strategy.parameters.levels, '3');
    assert.equal(await at('account').innerText(), 'Cash');
    await control('step', '1m');
    await assertSameNumbers('sim:KRW-ETH');
    const before = await session();
    await engine.kill();
    await engine.start();
    await page.locator('#token').waitFor();
    await page.fill('#token', engine.url);
    await page.getByRole('button', { name: 'Open' }).click();
    await until('connected', async () => (await value('link', 'data-link')) === 'open');
    faults.length = 0; // refused connections and the old login
    const after = await session();
    for (const field of ['session_id', 'clock_time_ns', 'strategy', 'instruments'])
      assert.deepEqual(after[field], before[field], field);
    await assertSameNumbers('sim:KRW-ETH');
  });

  await test('on spot what is not owned is not sold: said in the ticket, the list and the log, in both languages', async () => {
    const switchOn = await value('strategy-switch', 'aria-checked');
    if (switchOn === 'true') await at('strategy-switch').click();
    await until('off', async () => (await session()).strategy.state === 'paused');
    await api(
      'POST',
      '/flatten',
      { instrument: null, pause_strategy: true },
      { 'Idempotency-Key': 'e2e-spot' },
    );
    await control('step', '1s');
    same((await position('sim:KRW-ETH'))?.quantity ?? '0', '0', 'nothing is owned');
    const { available } = await api('GET', '/account');
    await enterOrder({ type: 'Market', quantity: '0.5' });
    await at('sell').click();
    await until('sent', async () => (await manual()).some(({ status }) => status === 'pending_new'));
    assert.equal(await at('refusal').count(), 0, 'no word before the venue has seen it');
    await control('step', '1s');
    await at('refusal').waitFor();
    assert.equal(await value('refusal', 'data-code'), 'insufficient_balance');
    assert.match(await at('refusal').innerText(), /Refused: Not enough balance/);
    await page.locator('tr[data-status="rejected"][data-source="manual"]').first().waitFor();
    same((await api('GET', '/account')).available, available, 'available');
    await page.locator('#tab-log').click();
    await page.locator('tr[data-code="order_refused"]').first().waitFor();
    await shot('refused-en');
    await page.getByRole('button', { name: '한국어' }).click();
    await page.locator('[data-testid="refusal"]', { hasText: '잔고 부족' }).waitFor();
    await shot('refused-ko');
    await page.evaluate(() => localStorage.setItem('stom.prefs', JSON.stringify({ language: 'en' })));
    await page.reload();
    await until('connected', async () => (await value('link', 'data-link')) === 'open');
    await page.locator('#ticket-quantity').fill('0.4');
    assert.equal(await at('refusal').count(), 0);
  });

  await test('no page of another origin, no form and no rebound name reaches the engine', async () => {
    const before = { orders: (await orders()).length, session: await session() };
    const [hostile, stopHostile] = await serveHostilePage(engine.address);
    const other = await context.newPage();
    await other.goto(hostile);
    const tried = await other.evaluate(() => window.attack);
    assert.deepEqual(tried, { fetch: 'blocked', socket: 'blocked' });
    await other.evaluate(() => document.forms[0].submit());
    await other.waitForURL(/flatten/);
    assert.match(await other.content(), /origin_not_allowed/);
    const answer = await other.goto(engine.address.replace('127.0.0.1', 'rebound.test'));
    assert.equal(answer.status(), 403);
    assert.match(await other.content(), /host_not_allowed/);
    await other.close();
    stopHostile();
    assert.equal((await orders()).length, before.orders);
    assert.equal((await session()).state, before.session.state);
  });

  for (const [language, words] of [
    ['en', { fills: 'Fills', up: '--green', toKorean: true }],
    ['ko', { fills: '체결', up: '--red' }],
  ]) {
    for (const theme of ['dark', 'light']) {
      await test(`${language}, ${theme}: no serious accessibility fault; rises in the colour of the country`, async () => {
        await page.evaluate(
          ([l, t]) => localStorage.setItem('stom.prefs', JSON.stringify({ language: l, theme: t })),
          [language, theme],
        );
        await page.reload();
        await page.locator('.chart .canvas canvas').first().waitFor();
        await until('connected', async () => (await value('link', 'data-link')) === 'open');
        await until('orders', async () => (await page.locator('tr[data-order]').count()) > 0);
        assert.equal(await page.evaluate(() => document.documentElement.lang), language);
        const [up, wanted] = await page.evaluate((name) => {
          const style = getComputedStyle(document.documentElement);
          return [style.getPropertyValue('--up'), style.getPropertyValue(name)];
        }, words.up);
        assert.equal(up, wanted);
        await page.waitForTimeout(500); // for the picture: charts draw in the next frames
        await shot(`${language}-${theme}`);
        await assertAccessible(`${language} ${theme}`);
        for (const tab of ['positions', 'fills', 'log', 'runs']) {
          await page.locator(`#tab-${tab}`).click();
          await assertAccessible(`${language} ${theme} ${tab}`);
        }
        await page.locator('tr[data-run]').first().getByRole('button').click();
        await at('run-curve').waitFor();
        await assertAccessible(`${language} ${theme} run`);
        await page.setViewportSize({ width: 390, height: 844 });
        await until('a run fits a phone', async () =>
          assert.ok(
            await page
              .locator('dialog.run')
              .evaluate((d) => d.scrollWidth <= d.clientWidth && d.clientWidth <= 390),
          ),
        );
        await shot(`run-${language}-${theme}-phone`);
        await page.setViewportSize({ width: 1600, height: 900 });
        await shut();
        await at('new-session').click();
        await page.locator('#begin-strategy option[value="grid"]').waitFor({ state: 'attached' });
        await assertAccessible(`${language} ${theme} new session`);
        await shut();
        await page.setViewportSize({ width: 390, height: 844 });
        await until('no sideways scroll on a phone', async () =>
          assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390),
        );
        await assertAccessible(`${language} ${theme} phone`);
        await page.setViewportSize({ width: 1600, height: 900 });
        await page.keyboard.press('Shift+A');
        await page.locator('.topbar').click({ position: { x: 5, y: 5 } });
        await page.keyboard.press('?');
        await assertAccessible(`${language} ${theme} help`);
        await shut();
      });
    }
  }

  await test('SIGTERM ends the engine cleanly', async () => {
    assert.equal(await engine.terminate(), 0);
    await at('banner').waitFor();
    faults.length = 0; // refused connections
  });
} finally {
  await browser.close();
  await engine.kill();
  rmSync(home, { recursive: true, force: true });
}

/** A page as an attacker would put it on another port of this machine, opened in the browser that is logged in. */
async function serveHostilePage(target) {
  const html = `<!doctype html><title>hostile</title>
    <form method="post" action="${target}/api/v1/flatten" enctype="text/plain"><input name='{"instrument":null,"x":"' value='"}'></form>
    <script>
      const tried = fetch('${target}/api/v1/session/control', { method: 'POST', credentials: 'include',
        headers: { 'Content-Type': 'application/json' }, body: '{"action":"restart"}' }).then(() => 'answered', () => 'blocked');
      const socket = new Promise((done) => { const ws = new WebSocket('${target.replace('http', 'ws')}/api/v1/stream', ['stom.v1']);
        ws.onopen = () => done('open'); ws.onerror = () => done('blocked'); });
      window.attack = Promise.all([tried, socket]).then(([f, s]) => ({ fetch: f, socket: s }));
    </script>`;
  const server = createServer((_, response) => response.setHeader('Content-Type', 'text/html').end(html));
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  return [`http://127.0.0.1:${server.address().port}/`, () => server.close()];
}
