// What the page asks of a price chart, so that the library behind it can be replaced in one file. Values are units; the
// chart alone turns them into pixels.
import type { Bar } from '../wire/frame';
import type { Side } from '../wire/types';

export interface Look {
  readonly background: string;
  readonly text: string;
  readonly muted: string;
  readonly grid: string;
  readonly up: string;
  readonly down: string;
  readonly accent: string;
  readonly font: string;
}

export interface Series {
  readonly name: string;
  readonly interval: string;
  readonly priceDecimals: number;
  readonly quantityDecimals: number;
}

/** Fills of one side within one bar. */
export interface Mark {
  readonly barTime: bigint;
  readonly side: Side;
  readonly price: bigint;
  readonly count: number;
}

/** One entry and the exit that closed it, matched first in, first out. */
export interface RoundTrip {
  readonly entryTime: bigint;
  readonly entryPrice: bigint;
  readonly exitTime: bigint;
  readonly exitPrice: bigint;
  readonly gained: boolean;
}

export interface PriceLine {
  readonly price: bigint;
  readonly label: string;
  readonly tone: 'up' | 'down' | 'accent';
}

export interface ChartEngine {
  setSeries(series: Series): void;
  /** Replaces all bars. */
  setBars(bars: readonly Bar[]): void;
  /** The newest bars: the last one again as it grew, and those after it. */
  updateBars(bars: readonly Bar[]): void;
  setMarks(marks: readonly Mark[], trips: readonly RoundTrip[]): void;
  setLines(lines: readonly PriceLine[]): void;
  setLook(look: Look): void;
  setLanguage(language: string, zone: string): void;
  fit(): void;
  toNewest(): void;
  zoom(factor: number): void;
  resize(): void;
  dispose(): void;
}

/** Asked for the bars before the oldest one; resolves to them, oldest first, and whether there are still older ones. */
export type LoadOlder = (before: bigint) => Promise<{ bars: readonly Bar[]; more: boolean }>;
