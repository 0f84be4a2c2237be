// What was found in the log of a trading session, a page behind the other, and what is said of it. Pure.
import type { Key } from '../i18n/translate';
import type { TradingLogLine, TradingLogPage } from '../wire/types';

export interface Found {
  readonly lines: readonly TradingLogLine[];
  readonly next: string | null;
  /** 1: the newest lines alone, which are asked for again and again */
  readonly pages: number;
}

export const kMostLines = 2000; // that are drawn; whoever needs more has the file

/** A page of older lines behind those that are shown. */
export function behind(found: Found | null, { entries, next }: TradingLogPage): Found {
  const lines = [...(found?.lines ?? []), ...entries];
  const full = lines.length >= kMostLines;
  return { lines: lines.slice(0, kMostLines), next: full ? null : next, pages: (found?.pages ?? 0) + 1 };
}

/** Nothing found in what was read is something else than nothing there. */
export function wordsOf({ lines, next }: Found): Key {
  if (lines.length > 0) return next === null ? 'venues.log.all' : 'venues.log.more';
  return next === null ? 'venues.log.none' : 'venues.log.none_yet';
}
