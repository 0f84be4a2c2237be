import { describe, expect, it } from 'vitest';
import en from '../i18n/en.json';
import type {
  TradingBudget,
  TradingEnded,
  TradingKill,
  TradingLimit,
  TradingOrder,
  TradingSession,
  TradingVenue,
} from '../wire/types';
import {
  decimalsOf,
  duration,
  endOf,
  healthOf,
  inOrder,
  killedOf,
  killStepsOf,
  kMostOrders,
  kTroubles,
  nameOf,
  ordersShown,
  runningOf,
  shortTime,
  stateOf,
  stateOfOrder,
  toneOf,
  toneOfDeadMan,
  toneOfLimit,
  toneOfWait,
  troublesOf,
  usedPercent,
  waitingOf,
} from './venues';

const connection = (state: 'open' | 'opening' | 'waiting') => ({
  name: 'market',
  id: 1,
  state,
  for_ms: 1000,
  retry_in_ms: state === 'waiting' ? 250 : null,
});
const budget = (over: Partial<TradingBudget> = {}): TradingBudget => ({
  name: 'weight-1m',
  kind: 'fixed_window',
  used: 42,
  limit: 6000,
  window_ms: 60_000,
  closed_for_ms: null,
  ...over,
});
const book = (stale: boolean) => ({
  id: 'binance:BTCUSDT',
  bid: '61234.50',
  bid_quantity: '0.10000',
  ask: '61235.00',
  ask_quantity: '0.30000',
  last: '61234.50',
  stale,
  age_ms: 12,
});
const kNoCounts = Object.fromEntries(
  [...kTroubles, 'frames', 'requests', 'answers', 'silent'].map((name) => [name, 0]),
) as unknown as TradingVenue['counts'];
const venue = (over: Partial<TradingVenue> = {}): TradingVenue => ({
  name: 'binance',
  connected: true,
  lag_ms: 3,
  clock: null,
  universe: null,
  connections: [connection('open'), connection('open')],
  waiting: { risk: 0, order: 0, session: 0, query: 0, background: 0 },
  budgets: [budget()],
  counts: kNoCounts,
  instruments: [book(false)],
  ...over,
});
const session = (over: Partial<TradingSession>): TradingSession => ({
  session: '/data/today',
  pid: 4711,
  state: 'running',
  mode: 'paper',
  kill_switch: 'off',
  dead_man: null,
  slowest: null,
  risk: null,
  limits: [],
  account: null,
  venues: [],
  ...over,
});

describe('one word says how a venue is', () => {
  it('all open and every book right', () => {
    expect(healthOf(venue())).toEqual({ tone: 'good', words: 'venues.health.good' });
  });
  it('a book that is stale is told although all is connected', () => {
    const found = healthOf(venue({ instruments: [book(false), book(true)] }));
    expect(found).toEqual({ tone: 'warn', words: 'venues.health.stale' });
  });
  it('a closed budget is worse than a stale book', () => {
    const found = healthOf(
      venue({ budgets: [budget({ closed_for_ms: 29_000 })], instruments: [book(true)] }),
    );
    expect(found).toEqual({ tone: 'bad', words: 'venues.health.closed' });
  });
  it('one of several connections down is being mended; all of them down is lost', () => {
    const one = venue({ connected: false, connections: [connection('open'), connection('waiting')] });
    const all = venue({ connected: false, connections: [connection('waiting'), connection('waiting')] });
    const back = venue({ connected: false, connections: [connection('waiting'), connection('opening')] });
    expect(healthOf(one)).toEqual({ tone: 'warn', words: 'venues.health.opening' });
    expect(healthOf(all)).toEqual({ tone: 'bad', words: 'venues.health.lost' });
    expect(healthOf(back)).toEqual({ tone: 'warn', words: 'venues.health.opening' });
  });
  it('a venue that wants no connection yet is connecting', () => {
    expect(healthOf(venue({ connected: false, connections: [] })).words).toBe('venues.health.opening');
  });
});

describe('the kill switch', () => {
  it('only steps that do more than what was done are offered', () => {
    expect(killStepsOf(session({}))).toEqual(['entries', 'cancel', 'flatten']);
    expect(killStepsOf(session({ kill_switch: 'entries', state: 'starting' }))).toEqual([
      'cancel',
      'flatten',
    ]);
    expect(killStepsOf(session({ kill_switch: 'flatten' }))).toEqual([]);
    expect(killStepsOf(session({ state: 'not responding', kill_switch: null }))).toEqual([]);
    expect(killStepsOf(session({ state: 'stopping' }))).toEqual([]);
  });
  it('what is not known to be done is said to be open', () => {
    const kill: TradingKill = {
      step: 'flatten',
      asked: '1',
      entries_stopped: '2',
      logged: '3',
      cancels_sent: '4',
      nothing_works: '5',
      engine: '6',
      flat: '7',
    };
    expect(killedOf(kill)).toEqual({ tone: 'warn', words: 'venues.kill.flatten' });
    expect(killedOf({ ...kill, flat: null }).words).toBe('venues.killed.flatten.open');
    expect(killedOf({ ...kill, step: 'cancel', flat: null }).words).toBe('venues.kill.cancel');
    expect(killedOf({ ...kill, step: 'cancel', nothing_works: null }).words).toBe(
      'venues.killed.cancel.open',
    );
    expect(killedOf({ ...kill, step: 'entries', nothing_works: null, engine: null }).words).toBe(
      'venues.killed.engine',
    );
  });
});

it('a session that does not answer is bad, and has words of its own', () => {
  expect(stateOf(session({ state: 'not responding', mode: null }))).toEqual({
    tone: 'bad',
    words: 'venues.state.not_responding',
  });
  expect(stateOf(session({})).tone).toBe('good');
});

describe('a budget’s gauge', () => {
  it('shows the share that is gone, and never more than all', () => {
    expect(usedPercent(budget({ used: 3000 }))).toBe(50);
    expect(usedPercent(budget({ used: 7000 }))).toBe(100); // the venue counts more than we know of
    expect(usedPercent(budget({ used: 0, limit: 0 }))).toBe(0);
    expect(usedPercent(budget({ used: 1, limit: 0 }))).toBe(100);
  });
  it('warns before a window is used up, and is bad where it is or the venue closed it', () => {
    expect(toneOf(budget({ used: 4799 }))).toBe('good');
    expect(toneOf(budget({ used: 4800 }))).toBe('warn');
    expect(toneOf(budget({ used: 6000 }))).toBe('bad');
    expect(toneOf(budget({ used: 0, closed_for_ms: 1 }))).toBe('bad');
  });
  it('registrations are there to be used: only all of them gone is worth a colour', () => {
    const registrations = { kind: 'registrations', window_ms: null, limit: 100 } as const;
    expect(toneOf(budget({ ...registrations, used: 99 }))).toBe('good');
    expect(toneOf(budget({ ...registrations, used: 100 }))).toBe('warn');
  });
  it('registrations stand first', () => {
    const all = [
      budget(),
      budget({ name: 'registrations', kind: 'registrations' }),
      budget({ name: 'orders' }),
    ];
    expect(inOrder(all).map(({ name }) => name)).toEqual(['registrations', 'weight-1m', 'orders']);
  });
});

describe('what holds a session back', () => {
  const limit = (state: TradingLimit['state']): TradingLimit => ({
    name: 'position',
    scope: '',
    limit: '2',
    value: '1',
    state,
  });
  it('a limit that is reached or unknown is a warning, a breaker that has tripped is bad', () => {
    const states = ['ok', 'reached', 'unknown', 'tripped'] as const;
    expect(states.map((state) => toneOfLimit(limit(state)))).toEqual(['good', 'warn', 'warn', 'bad']);
  });
  it('the dead-man timer warns in its last fifth and is bad once it has stopped anything', () => {
    const timer = (left_ms: number | null, next: 'entries' | 'cancel' | null) => ({
      within_ms: 600_000,
      left_ms,
      next,
    });
    expect(toneOfDeadMan(timer(120_000, 'entries'))).toBe('good');
    expect(toneOfDeadMan(timer(119_999, 'entries'))).toBe('warn');
    expect(toneOfDeadMan(timer(600_000, 'cancel'))).toBe('bad');
    expect(toneOfDeadMan(timer(null, null))).toBe('bad');
  });
  it('there are words for every limit, breaker and reason of a denial', () => {
    const limits = [
      ...['price_band', 'order_quantity', 'order_notional', 'position', 'gross_exposure', 'net_exposure'],
      ...['working_orders', 'order_rate', 'duplicate', 'self_trade', 'reduce_only', 'leverage'],
    ];
    const breakers = ['daily_loss', 'drawdown', 'consecutive_losses', 'reject_rate', 'feed_stale'];
    for (const name of [...limits, ...breakers, 'slippage'])
      expect(Object.keys(en)).toContain(`limit.${name}`);
    for (const name of [...limits, 'unknown', 'stopped']) {
      expect(Object.keys(en)).toContain(`error.risk_${name}`);
      expect(Object.keys(en)).toContain(`remedy.risk_${name}`);
    }
  });
});

describe('orders that are not over', () => {
  const order = (over: Partial<TradingOrder> = {}): TradingOrder => ({
    client_order_id: 'stom-7-1',
    venue_order_id: null,
    venue: 'binance',
    instrument: 'binance:BTCUSDT',
    strategy: 'grid',
    side: 'buy',
    type: 'limit',
    price: '61000',
    quantity: '0.02',
    filled: '0',
    status: 'working',
    ...over,
  });
  it('an order of which nobody knows what became stands first, then what is somebody else’s', () => {
    const all = [
      order({ instrument: 'upbit:KRW-BTC' }),
      order(),
      order({ status: 'foreign', strategy: null, type: null, filled: null }),
      order({ status: 'unknown' }),
    ];
    const { shown, more } = ordersShown(all);
    expect(shown.map(({ status, instrument }) => `${status} ${instrument}`)).toEqual([
      'unknown binance:BTCUSDT',
      'foreign binance:BTCUSDT',
      'working binance:BTCUSDT',
      'working upbit:KRW-BTC',
    ]);
    expect(more).toBe(0);
    expect(stateOfOrder(order({ status: 'unknown' })).tone).toBe('bad');
  });
  it('a grid of thousands is not drawn whole, and how many more there are is said', () => {
    const { shown, more } = ordersShown(Array.from({ length: kMostOrders + 3 }, () => order()));
    expect(shown.length).toBe(kMostOrders);
    expect(more).toBe(3);
  });
  it('there are words for every status', () => {
    const states = [
      'pending_new',
      'working',
      'partially_filled',
      'cancel_pending',
      'held',
      'unknown',
      'foreign',
    ];
    for (const status of states) expect(Object.keys(en)).toContain(`venues.order.${status}`);
  });
});

it('a session is called by its folder', () => {
  expect(nameOf(session({ session: '/data/today' }))).toBe('today');
  expect(nameOf(session({ session: '/data/today/' }))).toBe('today');
  expect(nameOf(session({ session: '/' }))).toBe('/');
});

it('a time is told in its largest unit', () => {
  const told = [0, 999, 1000, 59_999, 60_000, 3_600_000, 86_400_000 * 3].map((ms) => {
    const { words, count } = duration(ms);
    return `${count} ${words}`;
  });
  expect(told).toEqual([
    '0 unit.millisecond',
    '999 unit.millisecond',
    '1 unit.second',
    '59 unit.second',
    '1 unit.minute',
    '1 unit.hour',
    '3 unit.day',
  ]);
});

it('how long an event waited has three digits, in the unit that suits it', () => {
  const told = [0, 85, 999, 1000, 2140, 21_400, 214_000, 999_999, 1_300_000, 61_000_000].map((us) => {
    const { words, count } = shortTime(us);
    return `${count} ${words.replace('unit.', '')}`;
  });
  expect(told).toEqual([
    '0 microsecond',
    '85 microsecond',
    '999 microsecond',
    '1.00 millisecond',
    '2.14 millisecond',
    '21.4 millisecond',
    '214 millisecond',
    '1000 millisecond',
    '1.30 second',
    '61.0 second',
  ]);
});

it('an event that waited a tenth of a second is a warning, one of a second is bad', () => {
  const tones = [99_999, 100_000, 999_999, 1_000_000].map((waited_us) =>
    toneOfWait({ waited_us, instrument: 'binance:BTCUSDT', age_ms: 0 }),
  );
  expect(tones).toEqual(['good', 'warn', 'warn', 'bad']);
});

it('both prices have as many decimals as one of them needs', () => {
  const decimals = (bid: string | null, ask: string | null) => decimalsOf({ ...book(false), bid, ask });
  expect(decimals('3662.53000000', '3662.97000000')).toBe(2);
  expect(decimals('103128.00', '103128.50')).toBe(1);
  expect(decimals('66300.0', '66400.0')).toBe(0);
  expect(decimals('152865000', '152867000')).toBe(0);
  expect(decimals(null, '0.00001230')).toBe(7);
  expect(decimals(null, null)).toBe(0);
});

it('only what went wrong is listed, and only what waits', () => {
  const busy = venue({
    counts: { ...kNoCounts, frames: 900, reconnects: 2, malformed_frames: 1 },
    waiting: { risk: 1, order: 0, session: 0, query: 4, background: 0 },
  });
  expect(troublesOf(busy)).toEqual([
    ['reconnects', 2],
    ['malformed_frames', 1],
  ]);
  expect(waitingOf(busy)).toEqual([
    ['risk', 1],
    ['query', 4],
  ]);
  expect(troublesOf(venue())).toEqual([]);
  expect(waitingOf(venue())).toEqual([]);
});

it('there are words for every trouble', () => {
  for (const name of kTroubles) expect(Object.keys(en)).toContain(`venues.count.${name}`);
});

describe('sessions that ended', () => {
  const ended = (end: TradingEnded['end']): TradingEnded => ({
    session: '/data/today',
    end,
    time_ns: null,
    error: null,
    hint: null,
  });

  it('one that failed is worse than one that was killed, and of one of which nobody told nothing is said', () => {
    expect(endOf(ended('stopped'))?.tone).toBe('good');
    expect(endOf(ended('killed'))?.tone).toBe('warn');
    expect(endOf(ended('failed'))?.tone).toBe('bad');
    expect(endOf(ended(null))).toBeNull();
    for (const end of ['stopped', 'failed', 'killed'] as const)
      expect(Object.keys(en)).toContain(endOf(ended(end))?.words);
  });

  it('are asked for anew where one begins or ends, also where another goes on in its folder', () => {
    const running = (session: string, pid: number, state: TradingSession['state'] = 'running') =>
      ({ session, pid, state }) as TradingSession;
    const now = runningOf([running('/data/today', 1), running('/data/other', 2)]);
    expect(runningOf([running('/data/today', 1, 'not responding'), running('/data/other', 2)])).toBe(now);
    expect(runningOf([running('/data/today', 1)])).not.toBe(now);
    expect(runningOf([running('/data/today', 3), running('/data/other', 2)])).not.toBe(now);
    expect(runningOf([])).toBe('');
  });
});
