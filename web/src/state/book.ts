// The order book as the server shows it: the best levels of each side, best first, kept by snapshots and deltas.
import type { Level } from '../wire/frame';

export interface BookView {
  readonly time: bigint;
  readonly stale: boolean;
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
}

export const kEmptyBook: BookView = { time: 0n, stale: true, bids: [], asks: [] };

export function applyDelta(
  book: BookView,
  bids: Level[],
  asks: Level[],
  time: bigint,
  stale: boolean,
): BookView {
  return { time, stale, bids: merged(book.bids, bids, true), asks: merged(book.asks, asks, false) };
}

/** Quantity is absolute; 0 removes the level. */
function merged(side: readonly Level[], changes: Level[], descending: boolean): readonly Level[] {
  if (changes.length === 0) return side;
  const levels = side.slice();
  for (const change of changes) {
    const at = place(levels, change.price, descending);
    const found = levels[at]?.price === change.price;
    if (change.quantity === 0n) {
      if (found) levels.splice(at, 1);
    } else levels.splice(at, found ? 1 : 0, change);
  }
  return levels;
}

function place(levels: readonly Level[], price: bigint, descending: boolean): number {
  let low = 0;
  let high = levels.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const at = (levels[middle] as Level).price;
    if (descending ? at > price : at < price) low = middle + 1;
    else high = middle;
  }
  return low;
}

export interface LadderRow {
  readonly price: bigint;
  readonly quantity: bigint;
  readonly cumulative: bigint;
}

/** Levels summed into steps of `step`: bids round down, asks round up, so that no level looks better than it is. */
export function ladder(levels: readonly Level[], step: bigint, rows: number, bids: boolean): LadderRow[] {
  const out: LadderRow[] = [];
  let cumulative = 0n;
  for (const level of levels) {
    const rest = level.price % step;
    const price = rest === 0n ? level.price : bids ? level.price - rest : level.price - rest + step;
    cumulative += level.quantity;
    const last = out[out.length - 1];
    if (last && last.price === price) {
      out[out.length - 1] = { price, quantity: last.quantity + level.quantity, cumulative };
    } else {
      if (out.length === rows) break;
      out.push({ price, quantity: level.quantity, cumulative });
    }
  }
  return out;
}

/** Share of bids in the shown quantity, in 1/1000. */
export function imbalance(bids: readonly LadderRow[], asks: readonly LadderRow[]): number {
  const bid = bids[bids.length - 1]?.cumulative ?? 0n;
  const ask = asks[asks.length - 1]?.cumulative ?? 0n;
  return bid + ask === 0n ? 500 : Number((bid * 1000n) / (bid + ask));
}
