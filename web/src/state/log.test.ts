import { describe, expect, it } from 'vitest';
import en from '../i18n/en.json';
import { translator } from '../i18n/translate';
import type { LogEntry } from '../wire/types';
import { isLogShown, logText } from './log';

const entry = (
  code: string,
  params: Record<string, string> = {},
  more: Partial<LogEntry> = {},
): LogEntry => ({
  id: '1',
  time_ns: '0',
  level: 'info',
  source: 'engine',
  code,
  text: 'as the engine says it',
  params,
  ...more,
});
const fill = {
  order: '7',
  side: 'buy',
  quantity: '0.010',
  price: '61234.5',
  liquidity: 'maker',
  source: 'manual',
};

describe('a line of the log', () => {
  it('tells a fill in the reader’s language, digits as the engine gave them', () => {
    expect(logText(entry('fill', fill), translator('en'), 'utc')).toBe(
      'Fill: Buy 0.010 at 61,234.5 · Maker · By hand',
    );
    expect(logText(entry('fill', fill), translator('ko'), 'utc')).toContain('매수 0.010');
  });

  it('names the reason of a refusal in words', () => {
    const refused = { ...fill, type: 'limit', reason: 'post_only_would_take' };
    expect(logText(entry('order_refused', refused), translator('en'), 'utc')).toContain(
      'Post-only would have taken',
    );
  });

  it('of a market order has no price', () => {
    const sent = { ...fill, type: 'market', price: '', reason: '' };
    expect(logText(entry('order_sent', sent), translator('en'), 'utc')).toBe(
      'Order sent: Buy 0.010 Market –',
    );
  });

  it('shows a time of the market as a time', () => {
    const jump = entry('jump_to_time', { time_ns: '1756684800000000000' });
    expect(logText(jump, translator('en'), 'utc')).toContain('00:00:00');
  });

  it('is the engine’s own text where we have no words for its code', () => {
    expect(logText(entry('something_new'), translator('ko'), 'utc')).toBe('as the engine says it');
  });

  it('leaves no hole unfilled for the parameters that its code comes with', () => {
    const all = { ...fill, type: 'limit', reason: '', speed: '50', size: 'event', time_ns: '0', line: 'x' };
    const session = { session: 'default-1', data: 'sim:BTCUSDT', strategy: 'grid', records: '12' };
    for (const key of Object.keys(en).filter((name) => name.startsWith('log.code.')))
      expect(
        logText(entry(key.slice('log.code.'.length), { ...all, ...session }), translator('en'), 'utc'),
      ).not.toMatch(/[{}]/);
  });
});

it('a filter shows what was done by hand, fills, or what went wrong', () => {
  const hand = entry('order_sent', {}, { source: 'operator' });
  const strategyFill = entry('fill', { ...fill, source: 'strategy' }, { source: 'venue' });
  const ownFill = entry('fill', fill, { source: 'venue' });
  const refusal = entry('order_refused', {}, { source: 'strategy', level: 'warn' });
  const lines = [hand, strategyFill, ownFill, refusal];
  expect(lines.filter((line) => isLogShown(line, 'operator'))).toEqual([hand, ownFill]);
  expect(lines.filter((line) => isLogShown(line, 'fills'))).toEqual([strategyFill, ownFill]);
  expect(lines.filter((line) => isLogShown(line, 'problems'))).toEqual([refusal]);
  expect(lines.filter((line) => isLogShown(line, 'all'))).toEqual(lines);
});
