// What this browser remembers of the user's choices. One object in localStorage; unknown or broken content is ignored.
export type Theme = 'dark' | 'light';
export type Language = 'en' | 'ko';
export type Zone = 'utc' | 'local';
export type Tab = 'orders' | 'positions' | 'fills' | 'log' | 'runs';
export type OrderFilter = 'all' | 'open' | 'manual';
export type LogFilter = 'all' | 'operator' | 'fills' | 'problems';

export interface Prefs {
  readonly theme: Theme;
  readonly language: Language;
  readonly zone: Zone;
  readonly interval: string;
  readonly grouping: number;
  readonly tab: Tab;
  readonly orderFilter: OrderFilter;
  readonly logFilter: LogFilter;
  readonly instrument: string;
  readonly strategyMarks: boolean;
  /** alerts of trading sessions are to be heard */
  readonly alertSound: boolean;
}

export const kIntervals = ['1s', '5s', '15s', '1m', '5m', '15m', '1h', '1d'] as const;
const kKey = 'stom.prefs';

export function defaults(languages: readonly string[], prefersLight: boolean): Prefs {
  const language = languages.find((name) => /^(ko|en)\b/.test(name))?.slice(0, 2);
  return {
    theme: prefersLight ? 'light' : 'dark',
    language: language === 'ko' ? 'ko' : 'en',
    zone: 'utc',
    interval: '1s',
    grouping: 0,
    tab: 'orders',
    orderFilter: 'all',
    logFilter: 'all',
    instrument: '',
    strategyMarks: true,
    alertSound: true,
  };
}

export class PrefStore {
  private current: Prefs;
  private readonly listeners = new Set<() => void>();

  constructor(
    private readonly storage: Pick<Storage, 'getItem' | 'setItem'>,
    base: Prefs,
  ) {
    this.current = { ...base, ...readSaved(storage, base) };
  }

  readonly state = (): Prefs => this.current;
  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  set(change: Partial<Prefs>): void {
    this.current = { ...this.current, ...change };
    this.storage.setItem(kKey, JSON.stringify(this.current));
    for (const listener of this.listeners) listener();
  }
}

/** Only known keys with the right type survive. */
function readSaved(storage: Pick<Storage, 'getItem'>, base: Prefs): Partial<Prefs> {
  try {
    const saved = JSON.parse(storage.getItem(kKey) ?? '{}') as Record<string, unknown>;
    const known = Object.entries(base).filter(([key, value]) => typeof saved[key] === typeof value);
    return Object.fromEntries(known.map(([key]) => [key, saved[key]])) as Partial<Prefs>;
  } catch {
    return {};
  }
}
