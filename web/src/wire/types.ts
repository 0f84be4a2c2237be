// The objects of docs/api.md, field for field. Decimals, times and ids are strings here and stay strings.

export type Side = 'buy' | 'sell';
export type OrderStatus =
  | 'pending_new'
  | 'working'
  | 'filled'
  | 'canceled'
  | 'rejected'
  | 'denied'
  | 'expired'
  | 'unknown';

export interface Instrument {
  id: string;
  base: string;
  quote: string;
  settlement: string;
  kind: 'spot' | 'linear' | 'inverse';
  price_decimals: number;
  quantity_decimals: number;
  lot: string;
  ladder: { from: string; tick: string }[];
  contract_size: string;
}

export interface Session {
  session_id: string;
  name: string;
  mode: 'replay' | 'paper' | 'live';
  state: 'playing' | 'paused' | 'finished' | 'halted';
  speed: string;
  clock_time_ns: string;
  resumed: boolean;
  version: string;
  fill_rules: string;
  strategy: {
    name: string;
    state: 'running' | 'paused' | 'halted';
    parameters: Record<string, string>;
  } | null;
  data: {
    source: 'recording' | 'generator';
    name: string;
    from_time_ns: string;
    to_time_ns: string;
    data_hash: string;
  };
  currency: string;
  account: { kind: 'cash' | 'margin' | 'unlimited'; leverage: number };
  /** that every order must keep: "position=2" */
  limits: string[];
  journal_records: string;
  halted_reason: string | null;
  order_latency_ns: string;
  instruments: Instrument[];
}

export interface Order {
  client_order_id: string;
  instrument: string;
  side: Side;
  type: string;
  time_in_force: string;
  post_only: boolean;
  reduce_only: boolean;
  price: string | null;
  trigger_price: string | null;
  quantity: string;
  filled: string;
  leaves: string;
  average_price: string | null;
  status: OrderStatus;
  reason: string | null;
  source: 'manual' | 'strategy' | 'venue';
  created_time_ns: string;
  updated_time_ns: string;
}

export interface Fill {
  fill_id: string;
  client_order_id: string;
  time_ns: string;
  local_time_ns: string;
  instrument: string;
  side: Side;
  price: string;
  quantity: string;
  fee: string;
  fee_currency: string;
  liquidity: 'maker' | 'taker';
  source: 'manual' | 'strategy' | 'venue';
}

export interface Position {
  instrument: string;
  quantity: string;
  average_price: string | null;
  mark_price: string | null;
  unrealized_pnl: string;
  realized_pnl: string;
  fees: string;
  funding: string;
  liquidation_price: string | null;
  currency: string;
}

export interface Account {
  currency: string;
  cash: string;
  equity: string;
  available: string;
  margin_used: string;
  realized_pnl: string;
  unrealized_pnl: string;
  fees: string;
  day_pnl: string;
  day_start_equity: string;
  time_ns: string;
}

export type EquityPoint = readonly [time_ns: string, equity: string];

export interface LogEntry {
  id: string;
  time_ns: string;
  level: LogLevel;
  source: string;
  code: string;
  text: string;
  params: Record<string, string>;
}

/** What can be replayed; without days where the generator makes it on demand. */
export interface Replayable {
  id: string;
  source: 'recording' | 'generator';
  first_day: string | null;
  last_day: string | null;
}
export interface StrategyParameter {
  name: string;
  type: string;
  default: string;
  range: string;
  meaning: string;
}
export interface StrategyCard {
  name: string;
  about: string;
  /** it does nothing with fewer; a session plays one */
  instruments: number;
  parameters: StrategyParameter[];
}
export interface SessionChoice {
  instrument: string;
  strategy: string | null;
  parameters: Record<string, string>;
  from_time_ns: string | null;
  to_time_ns: string | null;
  /** null: those that the engine was started with */
  limits: string[] | null;
}
export interface RunCard {
  run_id: string;
  strategy: string;
  instruments: string[];
  from_time_ns: string;
  to_time_ns: string;
  interrupted: boolean;
  currency: string;
  total_return: string | null;
  /** of the runs under the least and the most favourable queue */
  pessimistic_return: string | null;
  optimistic_return: string | null;
  sharpe_ratio: string | null;
  max_drawdown: string | null;
  trades: string | null;
  report: string | null;
}

/** time_ns, equity, drawdown, and the equity under the least and the most favourable queue */
export type RunPoint = readonly [string, string, string, string | null, string | null];
export interface RunCurve {
  run_id: string;
  currency: string;
  initial_equity: string;
  /** rows of the run that the points stand for */
  rows: string;
  points: readonly RunPoint[];
  statistics: Readonly<Record<string, string | null>>;
}

/** A budget of a venue: what is used of what it allows. Without a window: held at a time. */
export interface TradingBudget {
  name: string;
  kind: 'fixed_window' | 'sliding_window' | 'standing' | 'registrations';
  used: number;
  limit: number;
  window_ms: number | null;
  closed_for_ms: number | null;
}

export interface TradingBook {
  id: string;
  bid: string | null;
  bid_quantity: string | null;
  ask: string | null;
  ask_quantity: string | null;
  last: string | null;
  stale: boolean;
  age_ms: number | null;
}

export interface TradingVenue {
  name: string;
  connected: boolean;
  connections: {
    name: string;
    id: number;
    state: 'open' | 'opening' | 'waiting';
    for_ms: number;
    retry_in_ms: number | null;
  }[];
  clock: { offset_us: number; error_us: number } | null;
  waiting: Record<'risk' | 'order' | 'session' | 'query' | 'background', number>;
  budgets: TradingBudget[];
  counts: Record<
    | 'frames'
    | 'unknown_frames'
    | 'malformed_frames'
    | 'requests'
    | 'answers'
    | 'not_written'
    | 'unknown_outcomes'
    | 'refusals'
    | 'queue_full'
    | 'reconnects'
    | 'silent',
    number
  >;
  universe: {
    source: string;
    registrations: number;
    in: number;
    kept: number;
    waiting: number;
  } | null;
  lag_ms: number | null;
  instruments: TradingBook[];
}

/** What a session is exposed to over all its venues, in one currency; null: not known, `unknown` says why. */
export interface TradingRisk {
  currency: string;
  equity: string | null;
  gross: string | null;
  net: string | null;
  profit: string | null;
  stale: boolean;
  unknown: string[];
  rates: { from: string; to: string; rate: string; source: string; age_ms: number; stale: boolean }[];
}

/** How long a market event waited from our socket to the engine. */
export interface TradingWait {
  waited_us: number;
  instrument: string;
  age_ms: number;
}

/** The slowest one of the last half to whole minute, and since the process began; null: there was none. */
export interface TradingSlowest {
  lately: TradingWait | null;
  ever: TradingWait | null;
}

/** A limit or a breaker of a session, and how it stands. */
export interface TradingLimit {
  name: string;
  /** a venue or an instrument; empty: all of the session */
  scope: string;
  limit: string;
  /** what counts against it; null: it is of each order alone, or not known */
  value: string | null;
  state: 'ok' | 'reached' | 'unknown' | 'tripped';
}

/** What is done next where nobody says that he is there, and in how long; null: all is done. */
export interface TradingDeadMan {
  within_ms: number;
  left_ms: number | null;
  next: 'entries' | 'cancel' | null;
}

export type KillStep = 'entries' | 'cancel' | 'flatten';

/** What was done, and when; null: not within five seconds. */
export interface TradingKill {
  step: KillStep;
  asked: string | null;
  entries_stopped: string | null;
  logged: string | null;
  cancels_sent: string | null;
  nothing_works: string | null;
  engine: string | null;
  flat: string | null;
  not_logged?: string;
}

/** What is open in an instrument; null: not known, which is not 0. */
export interface TradingPosition {
  venue: string;
  instrument: string;
  strategy: string;
  quantity: string;
  entry_price: string;
  mark_price: string | null;
  unrealized_pnl: string | null;
  currency: string;
}

export interface TradingBalance {
  venue: string;
  currency: string;
  total: string;
  free: string;
}

/** An order that is not over; `foreign`: somebody else's, of which strategy, type and what is filled are null. */
export interface TradingOrder {
  client_order_id: string;
  venue_order_id: string | null;
  venue: string;
  instrument: string;
  strategy: string | null;
  side: Side;
  type: string | null;
  price: string | null;
  quantity: string;
  filled: string | null;
  status: 'pending_new' | 'working' | 'partially_filled' | 'cancel_pending' | 'held' | 'unknown' | 'foreign';
}

export interface TradingAccount {
  positions: TradingPosition[];
  balances: TradingBalance[];
  orders: TradingOrder[];
  fills?: number;
}

export type AlertSeverity = 'info' | 'warning' | 'critical';

/** What a session tells people of; `count` times within a minute, `text` is the last one's. */
export interface TradingAlert {
  id: string;
  time_ns: string;
  last_time_ns: string;
  severity: AlertSeverity;
  event: string;
  text: string;
  count: number;
}

/** one that has no process any more; its log is there */
export interface TradingEnded {
  session: string;
  /** null: nobody told */
  end: 'stopped' | 'failed' | 'killed' | null;
  /** of one that was killed: of the last line in its log */
  time_ns: string | null;
  error: string | null;
  hint: string | null;
}

export interface TradingAlerts {
  session: string;
  pid: number;
  /** by id; null: it does not answer */
  alerts: TradingAlert[] | null;
}

export type LogLevel = 'info' | 'warn' | 'error';

/** A line of a session's log. */
export interface TradingLogLine {
  time_ns: string | null;
  level: LogLevel;
  text: string;
}

/** Newest first; may be empty where there is more to search. */
export interface TradingLogPage {
  entries: TradingLogLine[];
  /** the cursor of what is older; null: nothing is */
  next: string | null;
}

/** A process of `stom trade start` on this computer. */
export interface TradingSession {
  session: string;
  pid: number;
  state: 'starting' | 'running' | 'stopping' | 'ended' | 'not responding';
  mode: 'paper' | 'testnet' | 'live' | null;
  kill_switch: 'off' | 'entries' | 'cancel' | 'flatten' | null;
  dead_man: TradingDeadMan | null;
  slowest: TradingSlowest | null;
  risk: TradingRisk | null;
  limits: TradingLimit[];
  /** null: it has not said */
  account: TradingAccount | null;
  venues: TradingVenue[];
}

export interface NewOrder {
  instrument: string;
  side: Side;
  type: 'limit' | 'market';
  quantity: string;
  price?: string;
  time_in_force?: 'gtc' | 'ioc' | 'fok';
  post_only?: boolean;
  reduce_only?: boolean;
}

export interface Problem {
  status: number;
  code: string;
  title: string;
  detail: string;
  hint: string;
  params: Record<string, string>;
  retryable: boolean;
}

export type CandleRow = readonly [time_ns: string, o: string, h: string, l: string, c: string, v: string];

export const isOpen = (order: Order): boolean =>
  order.status === 'pending_new' || order.status === 'working' || order.status === 'unknown';

/** What arrives on the socket as text. */
export type JsonFrame =
  | {
      op: 'ack';
      id: number;
      topics: Record<string, { topic_id?: number; error?: { code: string; detail: string } }>;
    }
  | { op: 'pong'; id: number; clock_time_ns: string }
  | { op: 'error'; code: string; detail: string }
  | {
      op?: undefined;
      topic: string;
      seq: number;
      type: 'snapshot' | 'delta';
      time_ns: string;
      data: unknown;
    };
