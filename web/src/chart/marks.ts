// Fills and orders as the chart shows them: one mark a bar and side, one line an open order and one for the position.
import { decimal, isZero, parseUnits, round } from '../money/decimal';
import type { Fill, Instrument, Order, Position } from '../wire/types';
import type { Mark, PriceLine, RoundTrip } from './engine';

const kUnits: Record<string, bigint> = { s: 1n, m: 60n, h: 3_600n, d: 86_400n };

export function intervalNs(interval: string): bigint {
  return BigInt(interval.slice(0, -1)) * (kUnits[interval.slice(-1)] ?? 60n) * 1_000_000_000n;
}

export function marksOf(
  fills: readonly Fill[],
  instrument: Instrument,
  interval: string,
  strategyToo: boolean,
): Mark[] {
  const step = intervalNs(interval);
  const marks = new Map<string, { barTime: bigint; side: Fill['side']; price: bigint; count: number }>();
  for (const fill of fills) {
    if (fill.instrument !== instrument.id || (fill.source === 'strategy' && !strategyToo)) continue;
    const time = BigInt(fill.time_ns);
    const barTime = time - (time % step);
    const key = `${barTime}${fill.side}`;
    const mark = marks.get(key);
    const price = parseUnits(fill.price, instrument.price_decimals) ?? 0n;
    if (mark) {
      mark.count += 1;
      mark.price = price;
    } else marks.set(key, { barTime, side: fill.side, price, count: 1 });
  }
  return [...marks.values()].sort((a, b) => (a.barTime < b.barTime ? -1 : a.barTime > b.barTime ? 1 : 0));
}

const kMostTrips = 300;

/** The newest round trips, for the lines between entry and exit; times are those of their bars. */
export function roundTrips(fills: readonly Fill[], instrument: Instrument, interval: string): RoundTrip[] {
  const step = intervalNs(interval);
  const open: { time: bigint; price: bigint; left: bigint; buy: boolean }[] = [];
  const trips: RoundTrip[] = [];
  for (const fill of fills) {
    if (fill.instrument !== instrument.id) continue;
    const stamp = BigInt(fill.time_ns);
    const time = stamp - (stamp % step);
    const price = parseUnits(fill.price, instrument.price_decimals) ?? 0n;
    const buy = fill.side === 'buy';
    let left = parseUnits(fill.quantity, instrument.quantity_decimals) ?? 0n;
    while (left > 0n && open[0] && open[0].buy !== buy) {
      const entry = open[0];
      const closed = left < entry.left ? left : entry.left;
      const gained = entry.buy ? price > entry.price : price < entry.price;
      trips.push({
        entryTime: entry.time,
        entryPrice: entry.price,
        exitTime: time,
        exitPrice: price,
        gained,
      });
      left -= closed;
      entry.left -= closed;
      if (entry.left === 0n) open.shift();
    }
    if (left > 0n) open.push({ time, price, left, buy });
  }
  return trips.slice(-kMostTrips);
}

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
