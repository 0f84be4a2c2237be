// All that the server told us, outside React. Frames change the working copy as they come, at any rate; readers see a
// copy that is published at most once per animation frame. Everything here is bounded.
import type { Bar, Level, MarketFrame, PublicTrade } from '../wire/frame';
import type { Account, EquityPoint, Fill, LogEntry, Order, Position, Session } from '../wire/types';
import { isOpen } from '../wire/types';
import { applyDelta, type BookView, kEmptyBook } from './book';

export type Link = 'connecting' | 'open' | 'lost' | 'login';
export interface Connection {
  readonly link: Link;
  /** wall clock, ms, of the next try; only while lost */
  readonly retryAt: number;
  readonly tries: number;
  /** market time should be moving and nothing has come for a while */
  readonly stale: boolean;
}
export interface Bars {
  /** grows when the whole series was replaced */
  readonly generation: number;
  readonly interval: string;
  readonly bars: readonly Bar[];
}
export interface Tape {
  readonly trades: readonly PublicTrade[];
  /** the server left some out because this page was too slow */
  readonly leftOut: boolean;
}
export interface Equity {
  readonly currency: string;
  readonly points: readonly EquityPoint[];
}
export interface LiveState {
  readonly connection: Connection;
  readonly session: Session | null;
  readonly book: BookView;
  readonly tape: Tape;
  readonly bars: Bars;
  readonly orders: readonly Order[];
  readonly fills: readonly Fill[];
  readonly positions: readonly Position[];
  readonly account: Account | null;
  readonly equity: Equity;
  readonly log: readonly LogEntry[];
}

const kMaxTrades = 200;
const kMaxBars = 10_000;
const kMaxFills = 5_000;
const kMaxClosedOrders = 500;
const kMaxLog = 3_000;
const kMaxEquity = 4_000;
const kCalmMs = 100;

const kEmpty: LiveState = {
  connection: { link: 'connecting', retryAt: 0, tries: 0, stale: false },
  session: null,
  book: kEmptyBook,
  tape: { trades: [], leftOut: false },
  bars: { generation: 0, interval: '', bars: [] },
  orders: [],
  fills: [],
  positions: [],
  account: null,
  equity: { currency: '', points: [] },
  log: [],
};

type Schedule = (publish: () => void) => void;

export class Live {
  private working: { -readonly [K in keyof LiveState]: LiveState[K] } = { ...kEmpty };
  private published: LiveState = kEmpty;
  private pending = false;
  private readonly listeners = new Set<() => void>();
  private readonly orders = new Map<string, Order>();
  private ordersChanged = false;

  private calm: LiveState = kEmpty;
  private calmWaits = false;
  private calmAt = Number.NEGATIVE_INFINITY;
  private readonly calmListeners = new Set<() => void>();

  constructor(
    private readonly schedule: Schedule = (publish) => requestAnimationFrame(publish),
    private readonly later: (work: () => void, ms: number) => void = (work, ms) => setTimeout(work, ms),
    private readonly now: () => number = () => performance.now(),
  ) {}

  readonly state = (): LiveState => this.published;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** The state as it was at most kCalmMs ago: for tables, which nobody reads faster, and which cost much to lay out. */
  readonly calmState = (): LiveState => this.calm;

  readonly subscribeCalm = (listener: () => void): (() => void) => {
    this.calmListeners.add(listener);
    return () => this.calmListeners.delete(listener);
  };

  setConnection(connection: Partial<Connection>): void {
    this.put('connection', { ...this.working.connection, ...connection });
  }

  /** Comes several times a second; instruments that did not change stay the same objects, so that charts stay up. */
  setSession(session: Session): void {
    const known = this.working.session?.instruments;
    const same = known !== undefined && JSON.stringify(known) === JSON.stringify(session.instruments);
    this.put('session', same ? { ...session, instruments: known } : session);
  }

  /** A JSON topic's frame, already in sequence. */
  apply(topic: string, snapshot: boolean, data: unknown): void {
    switch (topic) {
      case 'session':
        return this.setSession(data as Session);
      case 'orders':
        if (snapshot) this.orders.clear();
        return this.mergeOrders(data as Order[]);
      case 'fills':
        return this.put('fills', joined(this.working.fills, data as Fill[], snapshot, kMaxFills));
      case 'positions':
        return this.put('positions', data as Position[]);
      case 'account':
        return this.put('account', data as Account);
      case 'equity': {
        const { currency, points } = data as Equity;
        return this.put('equity', {
          currency,
          points: thinned(joined(this.working.equity.points, points, snapshot)),
        });
      }
      case 'log':
        return this.put('log', joined(this.working.log, data as LogEntry[], snapshot, kMaxLog));
    }
  }

  applyMarket(frame: MarketFrame, interval: string): void {
    if (frame.kind === 'book')
      return this.applyBook(frame.snapshot, frame.bids, frame.asks, frame.time, frame.stale);
    if (frame.kind === 'trades') {
      const trades = joined(this.working.tape.trades, frame.trades, frame.snapshot, kMaxTrades);
      return this.put('tape', { trades, leftOut: frame.leftOut });
    }
    const { generation, bars } = this.working.bars;
    if (frame.snapshot) return this.put('bars', { generation: generation + 1, interval, bars: frame.bars });
    const merged = mergedBars(bars, frame.bars);
    this.put('bars', {
      generation,
      interval,
      bars: merged.length > kMaxBars ? merged.slice(-kMaxBars) : merged,
    });
  }

  /** The answer to a REST call: news only where the socket has not told more already. */
  noteOrder(order: Order): void {
    const known = this.orders.get(order.client_order_id);
    if (!known || BigInt(known.updated_time_ns) < BigInt(order.updated_time_ns)) this.mergeOrders([order]);
  }

  /** Another interval or instrument was chosen: what is shown belongs to the old one. */
  clearBars(interval: string): void {
    this.put('bars', { generation: this.working.bars.generation + 1, interval, bars: [] });
  }

  /** Older bars, fetched when the chart is scrolled back. */
  prependBars(older: readonly Bar[], interval: string): void {
    const { bars, generation } = this.working.bars;
    if (interval !== this.working.bars.interval) return;
    const first = bars[0]?.time;
    const fresh = first === undefined ? older : older.filter((bar) => bar.time < first);
    this.put('bars', { generation, interval, bars: [...fresh, ...bars] });
  }

  private applyBook(snapshot: boolean, bids: Level[], asks: Level[], time: bigint, stale: boolean): void {
    this.put(
      'book',
      snapshot ? { bids, asks, time, stale } : applyDelta(this.working.book, bids, asks, time, stale),
    );
  }

  private mergeOrders(changed: readonly Order[]): void {
    for (const order of changed) this.orders.set(order.client_order_id, order);
    this.ordersChanged = true;
    this.touch();
  }

  private put<K extends keyof LiveState>(key: K, value: LiveState[K]): void {
    this.working[key] = value;
    this.touch();
  }

  private touch(): void {
    if (this.pending) return;
    this.pending = true;
    this.schedule(() => this.publish());
  }

  private publish(): void {
    this.pending = false;
    if (this.ordersChanged) this.working.orders = this.listOrders();
    this.ordersChanged = false;
    this.published = { ...this.working };
    for (const listener of this.listeners) listener();
    if (this.calmWaits) return;
    this.calmWaits = true;
    const wait = this.calmAt + kCalmMs - this.now();
    if (wait > 0) this.later(() => this.publishCalm(), wait);
    else this.publishCalm();
  }

  private publishCalm(): void {
    this.calmWaits = false;
    this.calmAt = this.now();
    this.calm = this.published;
    for (const listener of this.calmListeners) listener();
  }

  /** Open orders first, then the newest of the others; also the place where old ones are let go. Orders come oldest first. */
  private listOrders(): readonly Order[] {
    const open: Order[] = [];
    const closed: Order[] = [];
    for (const order of [...this.orders.values()].reverse()) (isOpen(order) ? open : closed).push(order);
    for (const order of closed.slice(kMaxClosedOrders)) this.orders.delete(order.client_order_id);
    return [...open, ...closed.slice(0, kMaxClosedOrders)];
  }
}

function joined<T>(
  known: readonly T[],
  news: readonly T[],
  snapshot: boolean,
  most = Number.MAX_SAFE_INTEGER,
): T[] {
  if (snapshot) return news.slice(-most);
  const excess = known.length + news.length - most;
  return (excess > 0 ? known.slice(excess) : known).concat(news).slice(-most);
}

/** Half the points, ends kept, once there are too many: the curve keeps its shape and the page its memory. */
function thinned(points: EquityPoint[]): EquityPoint[] {
  if (points.length <= kMaxEquity) return points;
  return points.filter((_, i) => i % 2 === 0 || i === points.length - 1);
}

export function mergedBars(known: readonly Bar[], news: readonly Bar[]): Bar[] {
  const out = known.slice();
  for (const bar of news) {
    let at = out.length;
    while (at > 0 && (out[at - 1] as Bar).time > bar.time) at -= 1;
    if (at > 0 && (out[at - 1] as Bar).time === bar.time) out[at - 1] = bar;
    else out.splice(at, 0, bar);
  }
  return out;
}
