// Fills and orders as the chart shows them: one mark a bar and side, one line an open order and one for the position.
import { decimal, isZero, parseUnits, round } from '../money/decimal';
import type { Fill, Instrument, Order, Position } from '../wire/types';
import type { Mark, PriceLine, RoundTrip } from './engine';

const kUnits: Record<string, bigint> = { s: 1n, m: 60n, h: 3_600n, d: 86_400n };

export function intervalNs(interval: string): bigint {
  return BigInt(interval.slice(0, -1)) * (kUnits[interval.slice(-1)] ?? 60n) * 1_000_000_000n;
}

/**
 * Marks and round trips of one instrument and interval, grown fill by fill: a strategy makes thousands in a session, and
 * each frame brings only a few.
 */
export class FillMarks {
  private readonly step: bigint;
  private last: Fill | null = null;
  private readonly byBar = new Map<string, Mark>();
  private trips: RoundTrip[] = [];
  private open: { time: bigint; price: bigint; left: bigint; buy: boolean }[] = [];

  constructor(
    private readonly instrument: Instrument,
    interval: string,
    private readonly strategyToo: boolean,
  ) {
    this.step = intervalNs(interval);
  }

  /** `fills` is the whole list, oldest first; a list that does not go on from the last one starts over. */
  update(fills: readonly Fill[]): { marks: readonly Mark[]; trips: readonly RoundTrip[] } {
    const at = this.last ? fills.lastIndexOf(this.last) : -1;
    if (at < 0) {
      this.byBar.clear();
      this.trips = [];
      this.open = [];
    }
    for (const fill of fills.slice(at + 1)) this.add(fill);
    this.last = fills[fills.length - 1] ?? null;
    return { marks: [...this.byBar.values()], trips: this.strategyToo ? this.trips.slice(-kDrawnTrips) : [] };
  }

  private add(fill: Fill): void {
    if (fill.instrument !== this.instrument.id) return;
    const stamp = BigInt(fill.time_ns);
    const time = stamp - (stamp % this.step);
    const price = parseUnits(fill.price, this.instrument.price_decimals) ?? 0n;
    this.match(time, price, fill);
    if (fill.source === 'strategy' && !this.strategyToo) return;
    const key = `${time}${fill.side}`;
    this.byBar.set(key, {
      barTime: time,
      side: fill.side,
      price,
      count: (this.byBar.get(key)?.count ?? 0) + 1,
    });
  }

  private match(time: bigint, price: bigint, fill: Fill): void {
    const buy = fill.side === 'buy';
    let left = parseUnits(fill.quantity, this.instrument.quantity_decimals) ?? 0n;
    while (left > 0n && this.open[0] && this.open[0].buy !== buy) {
      const entry = this.open[0];
      const closed = left < entry.left ? left : entry.left;
      const gained = entry.buy ? price > entry.price : price < entry.price;
      this.trips.push({
        entryTime: entry.time,
        entryPrice: entry.price,
        exitTime: time,
        exitPrice: price,
        gained,
      });
      left -= closed;
      entry.left -= closed;
      if (entry.left === 0n) this.open.shift();
    }
    if (left > 0n) this.open.push({ time, price, left, buy });
    if (this.trips.length > 2 * kMostTrips) this.trips = this.trips.slice(-kMostTrips);
  }
}

const kMostTrips = 300;
const kDrawnTrips = 12; // the newest: the lines of a strategy that trades every second would cover the candles

const kMostOrderLines = 12;

/** Orders by hand first: with a strategy that quotes both sides all day, only so many lines are of use. */
export function linesOf(
  orders: readonly Order[],
  position: Position | undefined,
  instrument: Instrument,
  words: { buy: string; sell: string; entry: string },
): PriceLine[] {
  const lines: PriceLine[] = [];
  const units = (text: string | null) => (text === null ? null : parseUnits(text, instrument.price_decimals));
  const open = orders.filter((order) => order.instrument === instrument.id && order.status === 'working');
  const ranked = [
    ...open.filter((o) => o.source === 'manual'),
    ...open.filter((o) => o.source === 'strategy'),
  ];
  for (const order of ranked.slice(0, kMostOrderLines)) {
    const price = units(order.price);
    const buy = order.side === 'buy';
    if (price !== null)
      lines.push({
        price,
        label: `${buy ? `▲ ${words.buy}` : `▼ ${words.sell}`} ${order.leaves}`,
        tone: buy ? 'up' : 'down',
      });
  }
  if (position?.average_price && !isZero(decimal(position.quantity))) {
    const price = round(decimal(position.average_price), instrument.price_decimals).units; // an average has more digits
    lines.push({ price, label: `${words.entry} ${position.quantity}`, tone: 'accent' });
  }
  return lines;
}
