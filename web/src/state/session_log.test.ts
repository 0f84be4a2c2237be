import { describe, expect, it } from 'vitest';
import type { TradingLogLine } from '../wire/types';
import { behind, type Found, kMostLines, wordsOf } from './session_log';

const line = (text: string): TradingLogLine => ({ time_ns: '0', level: 'info', text });
const found = (over: Partial<Found>): Found => ({ lines: [], next: null, pages: 1, ...over });

describe('what was found in a log', () => {
  it('has the older page behind the newer one, and goes on where that says', () => {
    const first = behind(null, { entries: [line('3'), line('2')], next: 'older' });
    expect(first).toEqual({ lines: [line('3'), line('2')], next: 'older', pages: 1 });
    const second = behind(first, { entries: [line('1')], next: null });
    expect(second.lines.map(({ text }) => text)).toEqual(['3', '2', '1']);
    expect(second).toMatchObject({ next: null, pages: 2 });
  });

  it('is bounded, whatever the log has', () => {
    const many = Array.from({ length: kMostLines + 10 }, () => line('x'));
    const all = behind(null, { entries: many, next: 'older' });
    expect(all.lines.length).toBe(kMostLines);
    expect(all.next).toBeNull();
  });

  it('says that a search has not come to the end, and not that nothing is there', () => {
    expect(wordsOf(found({ next: 'older' }))).toBe('venues.log.none_yet');
    expect(wordsOf(found({}))).toBe('venues.log.none');
    expect(wordsOf(found({ lines: [line('x')], next: 'older' }))).toBe('venues.log.more');
    expect(wordsOf(found({ lines: [line('x')] }))).toBe('venues.log.all');
  });
});
