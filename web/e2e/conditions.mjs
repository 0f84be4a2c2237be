// Condition texts in the page's editor, in a real browser against the real language server: words are offered, explained
// and checked as they are typed; Korean and English, dark and light, keyboard alone; what a lost engine does to it.
//   STOM_BIN         the program (default: the first of build/{asan,release,dev}/bin/stom)
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPage } from './lib.browser.mjs';
import { Engine } from './lib.engine.mjs';

const home = mkdtempSync(join(tmpdir(), 'stom-conditions-'));
const engine = new Engine(home, 'sim:BTCUSDT', [], 1);
const { assertAccessible, at, browser, faults, page, shot, test } = await openPage('conditions', {
  viewport: { width: 1400, height: 850 },
  locale: 'ko-KR',
  colorScheme: 'dark',
});

const pane = (kind) => at(`pane-${kind}`);
const editor = (kind) => pane(kind).locator('.cm-content');
const text = (kind) => page.evaluate((which) => localStorage.getItem(`stom.conditions.${which}`), kind);
const errors = (kind) => pane(kind).locator('[data-testid="problem"].error');
const linked = () => page.locator('[data-testid="language-link"][data-link="open"]').waitFor();

async function write(kind, what) {
  await editor(kind).click();
  await page.keyboard.press('Control+A');
  await page.keyboard.press('Delete');
  if (what) await page.keyboard.insertText(what);
}

const kWrong = 'if 채결강도 > 100:\n매수 = False\n'; // the editor indents the second line

try {
  await engine.start();

  await test('the top bar leads to an editor for a buy and a sell text', async () => {
    await page.goto(engine.url);
    await at('open-conditions').click();
    await linked();
    assert.equal(await page.locator('h1').innerText(), '조건식');
    assert.equal(await page.title(), '조건식 · STOM');
    for (const kind of ['buy', 'sell']) await pane(kind).getByText('오류 0개, 경고 1개').waitFor(); // decides nothing
    await shot('empty');
  });

  await test('an error shows as it is typed, with its line and remedy, and goes when it is mended', async () => {
    await editor('buy').click();
    await page.keyboard.type('if 채결강도 > 100:');
    await errors('buy').getByText('다음 줄을 들여 써야 합니다').waitFor(); // the text ends where nobody may end it
    await page.keyboard.press('Enter');
    await page.keyboard.type('매수 = False');
    await pane('buy').locator('.cm-tooltip-autocomplete').waitFor();
    await page.keyboard.press('Enter'); // the word is whole: Enter ends the line
    const written = 'if 채결강도 > 100:\n    매수 = False\n    ';
    assert.equal(await text('buy'), written, 'a block is indented by itself');
    const told = errors('buy').filter({ hasText: '체결강도' });
    await told.waitFor();
    assert.match(await told.innerText(), /1번째 줄 4번째 글자\s+오류/);
    await pane('buy').locator('.cm-lintRange-error', { hasText: '채결강도' }).waitFor();
    assert.equal(await pane('buy').locator('.cm-lint-marker-error').count(), 1);
    await shot('error-ko-dark');
    await errors('buy').first().click(); // the cursor is where the error is
    for (let i = 0; i < 4; i += 1) await page.keyboard.press('Delete');
    await page.keyboard.insertText('체결강도');
    await pane('buy').getByText('문제 없음').waitFor();
    assert.equal(await errors('buy').count(), 0);
  });

  await test('words are offered in Hangul with unit and meaning, and are taken by Enter', async () => {
    await write('buy', 'x = 체결');
    await page.keyboard.type('강');
    const offered = pane('buy').locator('.cm-tooltip-autocomplete');
    await offered.waitFor();
    assert.match(await offered.innerText(), /체결강도\s*% · 누적 매수 체결량/);
    const info = pane('buy').locator('.cm-completionInfo');
    await info.waitFor();
    assert.match(await info.innerText(), /strength/, 'the other language’s word');
    await shot('completion-ko-dark');
    await page.keyboard.press('Enter');
    await offered.waitFor({ state: 'detached' });
    assert.equal(await text('buy'), 'x = 체결강도');
  });

  await test('a window is inserted with a place for its rows, and its arguments are shown', async () => {
    await write('buy', 'x = ');
    await page.keyboard.type('이동평');
    await pane('buy').locator('.cm-tooltip-autocomplete li', { hasText: '이동평균' }).first().click();
    assert.equal(await text('buy'), 'x = 이동평균(30)');
    await page.keyboard.type('60,');
    const signature = pane('buy').locator('.cm-lsp-signature-tooltip');
    await signature.waitFor();
    assert.match(await signature.innerText(), /이동평균\(행 수, 몇 행 전 = 0, '5m'\)/);
    await page.keyboard.press('Escape');
  });

  await test('a word is explained under the mouse', async () => {
    await write('buy', 'x = RSI(7) > 70\n');
    await pane('buy').getByText('RSI').hover();
    const help = pane('buy').locator('.cm-lsp-hover-tooltip');
    await help.waitFor();
    const told = await help.innerText();
    assert.match(told, /RSI\(timeperiod = 14, '5m'\)/);
    assert.match(told, /timeperiod = 14 \(2 … 100000\)/);
    await shot('hover-ko-dark');
    await page.mouse.move(5, 5);
  });

  await test('each pane is a text of its kind', async () => {
    await write('buy', 'x = 수익률\n');
    await errors('buy').first().waitFor();
    await write('sell', 'x = 수익률\n');
    await pane('sell').getByText('오류 0개').waitFor();
    assert.equal(await errors('sell').count(), 0);
  });

  await test('by the keyboard alone: to the next problem, format, where a name was made, undo, and out', async () => {
    await write('sell', '손절=2\nif 수익률<-손절:\n  매도=True\n');
    await page.keyboard.press('Shift+Alt+F');
    const laid = '손절 = 2\nif 수익률 < -손절:\n    매도 = True\n';
    await page.waitForFunction((want) => localStorage.getItem('stom.conditions.sell') === want, laid);
    await page.keyboard.press('Control+Z');
    assert.equal(await text('sell'), '손절=2\nif 수익률<-손절:\n  매도=True\n');
    await page.keyboard.press('Control+Y');
    assert.equal(await text('sell'), laid);
    await page.keyboard.press('Control+Home');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('End');
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('F12');
    await pane('sell').locator('.cm-activeLine', { hasText: '손절 = 2' }).waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('Tab');
    const out = await page.evaluate(() => document.activeElement?.closest('.code') === null);
    assert.ok(out, 'Escape, then Tab leaves the editor');
  });

  await test('a file is opened, also one that old Korean Windows wrote, and the text is saved to one', async () => {
    const file = join(home, 'old.txt');
    writeFileSync(
      file,
      Buffer.from([0xb8, 0xc5, 0xbc, 0xf6, 0x20, 0x3d, 0x20, 0x46, 0x61, 0x6c, 0x73, 0x65, 0x0d, 0x0a]),
    );
    await at('file-buy').setInputFiles(file);
    await page.waitForFunction(() => localStorage.getItem('stom.conditions.buy') === '매수 = False\n');
    const saving = page.waitForEvent('download');
    await pane('buy').getByRole('button', { name: '저장' }).click();
    const saved = await saving;
    assert.equal(saved.suggestedFilename(), 'buy.txt');
    assert.equal(readFileSync(await saved.path(), 'utf8'), '매수 = False\n');
  });

  for (const language of ['ko', 'en']) {
    for (const theme of ['dark', 'light']) {
      await test(`${language}, ${theme}: readable, in the reader's language, and it fits a phone`, async () => {
        await page.evaluate(
          ([lang, look]) => {
            localStorage.setItem('stom.prefs', JSON.stringify({ language: lang, theme: look }));
            localStorage.setItem(
              'stom.conditions.buy',
              'if 시분초 < 90500:  # open\n    매수 = False\nelif 채결강도 > 100 and RSI(7) > 70:\n    매수 = False\n',
            );
            localStorage.setItem(
              'stom.conditions.sell',
              'x = self.vars[1]\nif 수익률 >= x:\n    매도 = True\n',
            );
          },
          [language, theme],
        );
        await page.reload();
        await linked();
        await errors('buy').first().waitFor();
        assert.match(
          await errors('buy').first().innerText(),
          language === 'ko' ? /3번째 줄 6번째 글자/ : /Line 3, column 6/,
        );
        await assertAccessible(`${language} ${theme}`);
        await shot(`${language}-${theme}`);
        await page.setViewportSize({ width: 390, height: 844 });
        const fits = await page.evaluate(() => document.documentElement.scrollWidth <= 390);
        assert.ok(fits, 'no sideways scroll');
        await assertAccessible(`${language} ${theme} phone`);
        await shot(`${language}-${theme}-phone`);
        await page.setViewportSize({ width: 1400, height: 850 });
      });
    }
  }

  await test('the language is changed while writing: the text, its undo and its problems stay', async () => {
    await write('buy', kWrong);
    await errors('buy').first().waitFor();
    await page.getByRole('button', { name: '한국어' }).click();
    await pane('buy').getByText('오류').first().waitFor();
    assert.equal(await text('buy'), kWrong);
    await editor('buy').click();
    await page.keyboard.press('Control+Z');
    assert.notEqual(await text('buy'), kWrong);
  });

  await test('an engine that is gone is said to be, the text stays, and it is checked again when it is back', async () => {
    await write('buy', kWrong);
    await errors('buy').first().waitFor();
    await engine.kill();
    await page.locator('[data-testid="language-link"][data-link="lost"]').waitFor();
    await pane('buy').getByText('검사되지 않음').waitFor();
    assert.equal(await errors('buy').count(), 0, 'what nobody checks is not shown as found');
    await shot('lost');
    await engine.start();
    await page.locator('#token').waitFor(); // a new start has a new token: the page asks for it
    await page.goto(engine.url);
    await at('open-conditions').click();
    faults.length = 0; // the browser notes the refused connections and the 401 that were wanted
    await linked();
    await errors('buy').first().waitFor();
    assert.equal(await text('buy'), kWrong);
  });
} finally {
  await browser.close();
  await engine.kill();
  rmSync(home, { recursive: true, force: true });
}
