import { describe, expect, it } from 'vitest';
import type { Fill, Instrument, Order, Position } from '../wire/types';
import { FillMarks, intervalNs, linesOf } from './marks';

const instrument = { id: 'x:Y', price_decimals: 1, quantity_decimals: 3 } as Instrument;
const second = 1_000_000_000;
const fill = (time: number, side: Fill['side'], price: string, source: Fill['source'] = 'strategy') =>
  ({ instrument: 'x:Y', time_ns: String(time), side, price, quantity: '1', source }) as Fill;
const marksOf = (fills: Fill[], of: Instrument, interval: string, strategyToo: boolean) =>
  new FillMarks(of, interval, strategyToo).update(fills).marks;
const roundTrips = (fills: Fill[], of: Instrument, interval: string) =>
  new FillMarks(of, interval, true).update(fills).trips;
const words = { buy: 'Buy', sell: 'Sell', entry: 'Position' };

describe('trade marks', () => {
  it('are one a bar and side, however many fills, at the bar’s start', () => {
    const fills = [
      fill(61 * second, 'buy', '10.0'),
      fill(62 * second, 'buy', '10.5'),
      fill(119 * second, 'sell', '11.0'),
    ];
    expect(marksOf(fills, instrument, '1m', true)).toEqual([
      { barTime: BigInt(60 * second), side: 'buy', price: 105n, count: 2 },
      { barTime: BigInt(60 * second), side: 'sell', price: 110n, count: 1 },
    ]);
  });

  it('of the strategy can be switched off, those by hand stay', () => {
    const fills = [
      fill(1, 'buy', '1.0'),
      fill(2, 'buy', '1.0', 'manual'),
      { ...fill(3, 'sell', '1.0'), instrument: 'x:Z' },
    ];
    expect(marksOf(fills, instrument, '1s', false)).toHaveLength(1);
    expect(marksOf(fills, instrument, '1s', true)[0]?.count).toBe(2);
  });

  it('know the length of every interval', () => {
    expect(['1s', '15m', '1h', '1d'].map(intervalNs)).toEqual([
      1_000_000_000n,
      900_000_000_000n,
      3_600_000_000_000n,
      86_400_000_000_000n,
    ]);
  });
});

describe('round trips', () => {
  const of = (time: number, side: Fill['side'], price: string, quantity: string) => ({
    ...fill(time * second, side, price),
    quantity,
  });

  it('match entries and exits first in, first out, through a reversal', () => {
    const fills = [
      of(1, 'buy', '10.0', '2'),
      of(2, 'buy', '11.0', '1'),
      of(3, 'sell', '10.5', '4'),
      of(4, 'buy', '9.0', '1'),
    ];
    const trips = roundTrips(fills, instrument, '1s').map((t) => [t.entryPrice, t.exitPrice, t.gained]);
    expect(trips).toEqual([
      [100n, 105n, true],
      [110n, 105n, false],
      [105n, 90n, true],
    ]);
  });

  it('of other instruments do not mix in', () => {
    const fills = [of(1, 'buy', '10.0', '1'), { ...of(2, 'sell', '10.5', '1'), instrument: 'x:Z' }];
    expect(roundTrips(fills, instrument, '1s')).toEqual([]);
  });
});

it('marks grown fill by fill are those of the whole list, also when old fills leave it', () => {
  const fills = Array.from({ length: 400 }, (_, i) => ({
    ...fill(i * second, i % 3 === 0 ? 'sell' : 'buy', `${10 + (i % 7)}.0`),
    quantity: String(1 + (i % 2)),
  }));
  const grown = new FillMarks(instrument, '5s', true);
  for (let i = 1; i < fills.length; i += 7) grown.update(fills.slice(Math.max(0, i - 50), i));
  const { marks, trips } = grown.update(fills.slice(-50));
  expect(marks).toEqual(new FillMarks(instrument, '5s', true).update(fills).marks);
  expect(trips).toEqual(new FillMarks(instrument, '5s', true).update(fills).trips);
  const another = [fill(1, 'buy', '1.0')];
  expect(grown.update(another).marks).toHaveLength(1);
});

describe('price lines', () => {
  const order = (source: Order['source'], price: string | null, status: Order['status'] = 'working') =>
    ({ instrument: 'x:Y', side: 'sell', price, leaves: '0.010', source, status }) as Order;

  it('show working orders, those by hand before the strategy’s', () => {
    const orders = [
      order('strategy', '2.0'),
      order('manual', '3.0'),
      order('manual', null),
      order('manual', '4.0', 'pending_new'),
    ];
    const lines = linesOf(orders, undefined, instrument, words);
    expect(lines.map((line) => line.price)).toEqual([30n, 20n]);
    expect(lines[0]).toMatchObject({ label: '▼ Sell 0.010', tone: 'down' });
  });

  it('show the average of an open position, and nothing for a flat one', () => {
    const held = { instrument: 'x:Y', quantity: '-0.020', average_price: '61200.55' } as Position;
    expect(linesOf([], held, instrument, words)).toEqual([
      { price: 612006n, label: 'Position -0.020', tone: 'accent' },
    ]);
    expect(linesOf([], { ...held, quantity: '0.000' }, instrument, words)).toEqual([]);
  });
});
