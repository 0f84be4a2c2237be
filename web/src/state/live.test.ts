import { describe, expect, it } from 'vitest';
import type { Bar, MarketFrame } from '../wire/frame';
import type { Fill, Order, Session } from '../wire/types';
import { Live, mergedBars } from './live';

/** A Live whose frames are drawn when the test says so. */
function onDemand() {
  const frames: (() => void)[] = [];
  const live = new Live((publish) => frames.push(publish));
  return { live, frames, draw: () => frames.splice(0).map((frame) => frame()) };
}

const order = (id: string, status: Order['status'], created = '1', updated = created): Order => ({
  client_order_id: id,
  instrument: 'x:Y',
  side: 'buy',
  type: 'limit',
  time_in_force: 'gtc',
  post_only: false,
  reduce_only: false,
  price: '1',
  trigger_price: null,
  quantity: '1',
  filled: '0',
  leaves: '1',
  average_price: null,
  status,
  reason: null,
  source: 'manual',
  created_time_ns: created,
  updated_time_ns: updated,
});

const trades = (seq: number, ...times: number[]): MarketFrame => ({
  kind: 'trades',
  topicId: 1,
  seq,
  time: 0n,
  snapshot: false,
  leftOut: false,
  trades: times.map((time) => ({ time: BigInt(time), price: 1n, quantity: 1n, taker: 'buy' })),
});

const bar = (time: number, close: number): Bar => ({
  time: BigInt(time),
  open: 1n,
  high: 1n,
  low: 1n,
  close: BigInt(close),
  volume: 1n,
  trades: 1,
  finished: false,
});

it('tables are told at most ten times a second, and of the last state always', () => {
  const frames: (() => void)[] = [];
  const timers: { work: () => void; at: number }[] = [];
  let now = 0;
  const live = new Live(
    (publish) => frames.push(publish),
    (work, ms) => timers.push({ work, at: now + ms }),
    () => now,
  );
  const told: number[] = [];
  live.subscribeCalm(() => told.push(live.calmState().fills.length));
  for (let i = 1; i <= 60; i += 1) {
    now = i * 16;
    for (const { work } of timers.filter(({ at }) => at <= now)) work();
    timers.splice(0, timers.length, ...timers.filter(({ at }) => at > now));
    live.apply('fills', false, [{ fill_id: String(i) } as Fill]);
    for (const frame of frames.splice(0)) frame();
    expect(live.state().fills).toHaveLength(i);
  }
  expect(told.length).toBeLessThanOrEqual(10);
  for (const { work } of timers) work();
  expect(told.at(-1)).toBe(60);
});

describe('the screen is drawn at most once a frame', () => {
  it('however many messages come in between, and readers see them all at once', () => {
    const { live, frames, draw } = onDemand();
    let told = 0;
    live.subscribe(() => {
      told += 1;
    });
    for (let i = 0; i < 10_000; i += 1) live.applyMarket(trades(i, i), '');
    expect(frames).toHaveLength(1);
    expect(live.state().tape.trades).toHaveLength(0);
    draw();
    expect(told).toBe(1);
    expect(live.state().tape.trades).toHaveLength(200);
    expect(live.state().tape.trades.at(-1)?.time).toBe(9_999n);
  });

  it('and parts that did not change stay the same object, so that their panels rest', () => {
    const { live, draw } = onDemand();
    live.apply('orders', true, [order('1', 'working')]);
    draw();
    const before = live.state();
    live.applyMarket(trades(1, 1), '');
    draw();
    expect(live.state().orders).toBe(before.orders);
    expect(live.state().tape).not.toBe(before.tape);
  });
});

it('the clock ticking does not make the instruments new: charts stay up', () => {
  const { live, draw } = onDemand();
  const session = (clock: string, tick: string) =>
    ({ clock_time_ns: clock, instruments: [{ id: 'x:Y', ladder: [{ from: '0', tick }] }] }) as Session;
  live.apply('session', true, session('1', '0.1'));
  draw();
  const before = live.state().session?.instruments;
  live.apply('session', false, session('2', '0.1'));
  draw();
  expect(live.state().session?.clock_time_ns).toBe('2');
  expect(live.state().session?.instruments).toBe(before);
  live.apply('session', false, session('3', '0.5'));
  draw();
  expect(live.state().session?.instruments).not.toBe(before);
});

describe('orders', () => {
  it('show open ones first, then the newest', () => {
    const { live, draw } = onDemand();
    live.apply('orders', true, [
      order('2', 'working', '5'),
      order('1', 'filled', '10'),
      order('3', 'canceled', '20'),
    ]);
    draw();
    expect(live.state().orders.map((o) => o.client_order_id)).toEqual(['2', '3', '1']);
  });

  it('are replaced by a snapshot and changed whole by a delta', () => {
    const { live, draw } = onDemand();
    live.apply('orders', true, [order('1', 'working'), order('2', 'working')]);
    live.apply('orders', false, [order('1', 'filled', '1', '2')]);
    draw();
    expect(live.state().orders.map((o) => o.status)).toEqual(['working', 'filled']); // the open one first
    live.apply('orders', true, [order('9', 'working')]);
    draw();
    expect(live.state().orders.map((o) => o.client_order_id)).toEqual(['9']);
  });

  it('a late answer to the call does not undo what the socket told first', () => {
    const { live, draw } = onDemand();
    live.apply('orders', false, [order('1', 'working', '1', '5')]);
    live.noteOrder(order('1', 'pending_new', '1', '1'));
    draw();
    expect(live.state().orders[0]?.status).toBe('working');
  });

  it('of a busy strategy do not fill the memory', () => {
    const { live, draw } = onDemand();
    for (let i = 0; i < 2_000; i += 1) live.apply('orders', false, [order(String(i), 'canceled', String(i))]);
    draw();
    expect(live.state().orders).toHaveLength(500);
    expect(live.state().orders[0]?.client_order_id).toBe('1999');
  });
});

describe('lists that only grow', () => {
  it('keep the newest fills and start over with a snapshot', () => {
    const { live, draw } = onDemand();
    const fill = (id: number) => ({ fill_id: String(id) }) as Fill;
    live.apply('fills', true, [fill(1)]);
    live.apply('fills', false, [fill(2), fill(3)]);
    draw();
    expect(live.state().fills.map((f) => f.fill_id)).toEqual(['1', '2', '3']);
    live.apply('fills', true, [fill(7)]);
    draw();
    expect(live.state().fills.map((f) => f.fill_id)).toEqual(['7']);
  });

  it('thin the equity curve but keep its two ends', () => {
    const { live, draw } = onDemand();
    const points = Array.from({ length: 5_001 }, (_, i) => [String(i), String(i)] as const);
    live.apply('equity', true, { currency: 'USDT', points });
    draw();
    const kept = live.state().equity.points;
    expect(kept.length).toBeLessThanOrEqual(4_000);
    expect(kept[0]?.[0]).toBe('0');
    expect(kept.at(-1)?.[0]).toBe('5000');
  });
});

describe('bars', () => {
  it('grow in place, append, and fill a hole in order', () => {
    const merged = mergedBars([bar(1, 1), bar(3, 1)], [bar(3, 9), bar(2, 5), bar(4, 2)]);
    expect(merged.map((b) => [Number(b.time), Number(b.close)])).toEqual([
      [1, 1],
      [2, 5],
      [3, 9],
      [4, 2],
    ]);
  });

  it('a snapshot is a new generation: the chart starts over', () => {
    const { live, draw } = onDemand();
    live.clearBars('1m');
    const frame = (snapshot: boolean, bars: Bar[]): MarketFrame => ({
      kind: 'bars',
      topicId: 1,
      seq: 1,
      time: 0n,
      snapshot,
      bars,
    });
    live.applyMarket(frame(true, [bar(1, 1)]), '1m');
    draw();
    const { generation } = live.state().bars;
    live.applyMarket(frame(false, [bar(2, 1)]), '1m');
    draw();
    expect(live.state().bars.generation).toBe(generation);
    expect(live.state().bars.bars).toHaveLength(2);
    live.applyMarket(frame(true, [bar(5, 1)]), '1m');
    draw();
    expect(live.state().bars.generation).toBe(generation + 1);
  });
});
