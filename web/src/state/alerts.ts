// What the trading sessions of this computer tell people of: the newest alerts of all of them, each once, and which of
// them are new since the last answer. That a session has gone, or has stopped to answer, nobody but this page can tell.
// Pure, but for the store at the end.
import type { AlertSeverity, TradingAlerts } from '../wire/types';
import { nameOf } from './venues';

export interface PageAlert {
  /** the same for the same alert, however often it comes */
  readonly key: string;
  readonly session: string;
  readonly time_ns: string;
  readonly severity: AlertSeverity;
  /** what our words are made of; null: `text` is all there is */
  readonly own: 'gone' | 'silent' | null;
  readonly text: string;
  readonly count: number;
}

interface Running {
  readonly pid: number;
  /** of the newest alert that is known */
  readonly lastId: number;
  /** answers in a row in which it said nothing; −1: it has never said anything */
  readonly silent: number;
}

export interface AlertState {
  readonly list: readonly PageAlert[];
  readonly running: ReadonlyMap<string, Running>;
}

export const kMostAlerts = 200;
export const kSilentAfter = 3; // a busy moment is no news

const kNothing: AlertState = { list: [], running: new Map() };

const newestFirst = (a: PageAlert, b: PageAlert): number => {
  const [x, y] = [BigInt(a.time_ns), BigInt(b.time_ns)];
  return x < y ? 1 : x > y ? -1 : 0;
};

/**
 * What an answer adds to what was known. At the first one (`before` is null) nothing is new: it has happened before
 * anybody looked. `nowNs`: the time for what only this page knows.
 */
export function withAnswer(
  before: AlertState | null,
  sessions: readonly TradingAlerts[],
  nowNs: string,
): { state: AlertState; fresh: PageAlert[] } {
  const { list, running } = before ?? kNothing;
  const known = new Map(list.map((alert) => [alert.key, alert]));
  const fresh: PageAlert[] = [];
  const now = new Map<string, Running>();
  const add = (alert: PageAlert, isNew: boolean) => {
    known.set(alert.key, alert);
    if (isNew && before !== null) fresh.push(alert);
  };
  const own = (session: string, kind: 'gone' | 'silent', severity: AlertSeverity) =>
    add(
      {
        key: `${session} ${kind} ${nowNs}`,
        session: nameOf({ session }),
        time_ns: nowNs,
        severity,
        own: kind,
        text: '',
        count: 1,
      },
      true,
    );
  for (const { session, pid, alerts } of sessions) {
    const earlier = running.get(session);
    const same = earlier?.pid === pid ? earlier : null;
    let lastId = same?.lastId ?? 0;
    for (const alert of alerts ?? []) {
      const id = Number(alert.id);
      const shown: PageAlert = {
        key: `${session} ${pid} ${alert.id}`,
        session: nameOf({ session }),
        time_ns: alert.last_time_ns,
        severity: alert.severity,
        own: null,
        text: alert.text,
        count: alert.count,
      };
      add(shown, id > (same?.lastId ?? 0));
      lastId = Math.max(lastId, id);
    }
    const wasSilent = same?.silent ?? -1;
    const silent = alerts !== null ? 0 : wasSilent < 0 ? -1 : wasSilent + 1;
    if (silent === kSilentAfter) own(session, 'silent', 'critical');
    now.set(session, { pid, lastId, silent });
  }
  for (const session of running.keys()) if (!now.has(session)) own(session, 'gone', 'warning');
  const all = [...known.values()].sort(newestFirst).slice(0, kMostAlerts);
  return { state: { list: all, running: now }, fresh };
}

const kRank: Record<AlertSeverity, number> = { critical: 0, warning: 1, info: 2 };
export const kMostToasts = 2;

/** What is shown over the screen of what is new: the worst, few enough to be read, and how many more there are. */
export function toastsOf(fresh: readonly PageAlert[]): { toasts: PageAlert[]; more: number } {
  const loud = fresh
    .filter(({ severity }) => severity !== 'info')
    .toSorted((a, b) => kRank[a.severity] - kRank[b.severity] || newestFirst(a, b));
  return { toasts: loud.slice(0, kMostToasts), more: Math.max(0, loud.length - kMostToasts) };
}

export interface AlertView {
  readonly list: readonly PageAlert[];
  /** that nobody has looked at, without infos */
  readonly unread: number;
}

export class Alerts {
  private known: AlertState | null = null;
  private view: AlertView = { list: [], unread: 0 };
  private readonly listeners = new Set<() => void>();

  readonly state = (): AlertView => this.view;
  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** What is new of it. */
  take(sessions: readonly TradingAlerts[], nowNs: string): PageAlert[] {
    const { state, fresh } = withAnswer(this.known, sessions, nowNs);
    this.known = state;
    const loud = fresh.filter(({ severity }) => severity !== 'info').length;
    this.put({ list: state.list, unread: this.view.unread + loud });
    return fresh;
  }

  seen(): void {
    if (this.view.unread > 0) this.put({ ...this.view, unread: 0 });
  }

  private put(view: AlertView): void {
    this.view = view;
    for (const listener of this.listeners) listener();
  }
}
