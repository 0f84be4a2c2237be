// What the view of the venues says of a trading session, in words: worst first, so that one look is enough. Pure.
import type { Key } from '../i18n/translate';
import type {
  KillStep,
  TradingBook,
  TradingBudget,
  TradingDeadMan,
  TradingEnded,
  TradingKill,
  TradingLimit,
  TradingOrder,
  TradingSession,
  TradingVenue,
  TradingWait,
} from '../wire/types';

/** good: all as it should be; warn: it mends itself, look again; bad: nothing to be believed until it is over. */
export type Tone = 'good' | 'warn' | 'bad';

export interface Health {
  readonly tone: Tone;
  readonly words: Key;
}

export function healthOf(venue: TradingVenue): Health {
  const open = venue.connections.filter(({ state }) => state === 'open').length;
  if (venue.connections.length > 0 && open === 0) {
    const opening = venue.connections.some(({ state }) => state === 'opening');
    return opening
      ? { tone: 'warn', words: 'venues.health.opening' }
      : { tone: 'bad', words: 'venues.health.lost' };
  }
  if (!venue.connected) return { tone: 'warn', words: 'venues.health.opening' };
  if (venue.budgets.some(({ closed_for_ms }) => closed_for_ms !== null))
    return { tone: 'bad', words: 'venues.health.closed' };
  if (venue.instruments.some(({ stale }) => stale)) return { tone: 'warn', words: 'venues.health.stale' };
  return { tone: 'good', words: 'venues.health.good' };
}

const kStates: Record<TradingSession['state'], Health> = {
  starting: { tone: 'warn', words: 'venues.state.starting' },
  running: { tone: 'good', words: 'venues.state.running' },
  stopping: { tone: 'warn', words: 'venues.state.stopping' },
  ended: { tone: 'warn', words: 'venues.state.ended' },
  'not responding': { tone: 'bad', words: 'venues.state.not_responding' },
};
export const stateOf = ({ state }: TradingSession): Health => kStates[state];

const kEnds: Record<NonNullable<TradingEnded['end']>, Health> = {
  stopped: { tone: 'good', words: 'venues.end.stopped' },
  failed: { tone: 'bad', words: 'venues.end.failed' },
  killed: { tone: 'warn', words: 'venues.end.killed' },
};
/** null: that it ended is all that is known. */
export const endOf = ({ end }: TradingEnded): Health | null => (end === null ? null : kEnds[end]);

/** Who runs: those that ended are other ones only once this is another text. */
export const runningOf = (sessions: readonly TradingSession[]): string =>
  sessions.map(({ session, pid }) => `${pid} ${session}`).join('\n');

export const kKillSteps = ['entries', 'cancel', 'flatten'] as const satisfies readonly KillStep[];

/** Steps that do more than what was done already; a session that does not answer takes none. */
export function killStepsOf({ kill_switch, state }: TradingSession): readonly KillStep[] {
  if (state !== 'starting' && state !== 'running') return [];
  return kKillSteps.slice(
    kill_switch === null || kill_switch === 'off' ? 0 : kKillSteps.indexOf(kill_switch) + 1,
  );
}

/** What is said of a kill switch that was pulled: whether all of it is done. */
export function killedOf(kill: TradingKill): Health {
  const open =
    (kill.step !== 'entries' && kill.nothing_works === null) ||
    (kill.step === 'flatten' && kill.flat === null);
  if (open) return { tone: 'bad', words: `venues.killed.${kill.step}.open` };
  if (kill.engine === null) return { tone: 'warn', words: 'venues.killed.engine' };
  return { tone: 'warn', words: `venues.kill.${kill.step}` };
}

const kLimitTones: Record<TradingLimit['state'], Tone> = {
  ok: 'good',
  reached: 'warn',
  unknown: 'warn',
  tripped: 'bad',
};
/** reached and unknown deny what adds to it, for now; tripped stays until somebody arms it. */
export const toneOfLimit = ({ state }: TradingLimit): Tone => kLimitTones[state];

/** Nearly over is the last fifth of its time. */
export function toneOfDeadMan({ within_ms, left_ms, next }: TradingDeadMan): Tone {
  if (left_ms === null || next !== 'entries') return 'bad';
  return left_ms * 5 < within_ms ? 'warn' : 'good';
}

/** So many orders are drawn; a second look must not cost a second. */
export const kMostOrders = 200;

const kOrderStates: Record<TradingOrder['status'], Health> = {
  pending_new: { tone: 'good', words: 'venues.order.pending_new' },
  working: { tone: 'good', words: 'venues.order.working' },
  partially_filled: { tone: 'good', words: 'venues.order.partially_filled' },
  cancel_pending: { tone: 'warn', words: 'venues.order.cancel_pending' },
  held: { tone: 'good', words: 'venues.order.held' },
  unknown: { tone: 'bad', words: 'venues.order.unknown' },
  foreign: { tone: 'warn', words: 'venues.order.foreign' },
};
/** Nobody knows what became of it is bad; that it is somebody else's is worth a look. */
export const stateOfOrder = ({ status }: TradingOrder): Health => kOrderStates[status];

/** What needs a look first, then by instrument; as many as are drawn, and how many more there are. */
export function ordersShown(orders: readonly TradingOrder[]): { shown: TradingOrder[]; more: number } {
  const rank = (order: TradingOrder) => ['bad', 'warn', 'good'].indexOf(stateOfOrder(order).tone);
  const inOrderOf = orders.toSorted(
    (a, b) => rank(a) - rank(b) || (a.instrument < b.instrument ? -1 : a.instrument > b.instrument ? 1 : 0),
  );
  return { shown: inOrderOf.slice(0, kMostOrders), more: Math.max(0, orders.length - kMostOrders) };
}

/** How much of a budget is gone, in per cent of its limit, 0 to 100. */
export function usedPercent({ used, limit }: TradingBudget): number {
  if (limit <= 0) return used > 0 ? 100 : 0;
  return Math.min(100, Math.max(0, Math.floor((used * 100) / limit)));
}

/** A standing budget is there to be used up; one of requests in a window should not be. */
export function toneOf(budget: TradingBudget): Tone {
  if (budget.closed_for_ms !== null) return 'bad';
  const standing = budget.window_ms === null;
  const percent = usedPercent(budget);
  if (percent >= 100) return standing ? 'warn' : 'bad';
  return percent >= 80 && !standing ? 'warn' : 'good';
}

/** Registrations first: of all that a venue limits, the only one that decides what can be seen. */
export function inOrder(budgets: readonly TradingBudget[]): TradingBudget[] {
  const rank = ({ kind }: TradingBudget) => (kind === 'registrations' ? 0 : 1);
  return budgets.toSorted((a, b) => rank(a) - rank(b));
}

/** "today" of "/data/sessions/today". */
export const nameOf = ({ session }: Pick<TradingSession, 'session'>): string =>
  session.replace(/\/+$/, '').split('/').pop() || session;

const kUnits: readonly [Key, number][] = [
  ['unit.day', 86_400_000],
  ['unit.hour', 3_600_000],
  ['unit.minute', 60_000],
  ['unit.second', 1000],
];

/** The largest unit of which there is one, rounded down: "3 min" is enough of 217 s. */
export function duration(ms: number): { words: Key; count: number } {
  for (const [words, unit] of kUnits) if (ms >= unit) return { words, count: Math.floor(ms / unit) };
  return { words: 'unit.millisecond', count: ms };
}

/** Microseconds with three digits at least: "85 µs", "2.14 ms", "1.30 s". */
export function shortTime(us: number): { words: Key; count: string } {
  if (us < 1000) return { words: 'unit.microsecond', count: String(us) };
  const [words, value] =
    us < 1_000_000 ? (['unit.millisecond', us / 1000] as const) : (['unit.second', us / 1_000_000] as const);
  return { words, count: value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0) };
}

/** A tenth of a second late is old for a price; after a second what is decided is decided on the past. */
export const toneOfWait = ({ waited_us }: TradingWait): Tone =>
  waited_us >= 1_000_000 ? 'bad' : waited_us >= 100_000 ? 'warn' : 'good';

/** How many decimals the best prices need, both alike: an instrument may have eight where its venue uses two. */
export function decimalsOf({ bid, ask }: TradingBook): number {
  const needed = (text: string | null) => /\.(\d*[1-9])0*$/.exec(text ?? '')?.[1]?.length ?? 0;
  return Math.max(needed(bid), needed(ask));
}

/** What did not go as it should since the session began, of the venue's counts; empty where all did. */
export const kTroubles = [
  'reconnects',
  'unknown_frames',
  'malformed_frames',
  'refusals',
  'not_written',
  'unknown_outcomes',
  'queue_full',
] as const satisfies readonly (keyof TradingVenue['counts'])[];

export function troublesOf({ counts }: TradingVenue): [(typeof kTroubles)[number], number][] {
  return kTroubles.flatMap((name) => (counts[name] > 0 ? [[name, counts[name]]] : []));
}

/** Requests that wait, with their priority; the most urgent first. */
export function waitingOf({ waiting }: TradingVenue): [keyof TradingVenue['waiting'], number][] {
  return (['risk', 'order', 'session', 'query', 'background'] as const).flatMap((name) =>
    waiting[name] > 0 ? [[name, waiting[name]]] : [],
  );
}
