// The parts of the page and how they are joined: made once, handed to React by hooks. Ticks never pass through React state.
import { createContext, useContext, useMemo, useSyncExternalStore } from 'react';
import { type Translate, translator } from '../i18n/translate';
import { Api } from '../net/api';
import { Stream } from '../net/stream';
import { Alerts } from '../state/alerts';
import { Live, type LiveState } from '../state/live';
import { Notices } from '../state/notices';
import { defaults, PrefStore, type Prefs } from '../state/prefs';
import { Ticket } from '../state/ticket';
import { Actions } from './actions';
import { Bell } from './bell';

export class App {
  readonly api = new Api();
  readonly live = new Live();
  readonly stream = new Stream(this.api, this.live);
  readonly prefs = new PrefStore(
    localStorage,
    defaults(navigator.languages, matchMedia('(prefers-color-scheme: light)').matches),
  );
  readonly notices = new Notices();
  readonly alerts = new Alerts();
  readonly bell = new Bell();
  readonly ticket = new Ticket();
  readonly actions = new Actions(this.api, this.live, this.notices, this.ticket);
}

export const AppContext = createContext<App | null>(null);

export function useApp(): App {
  const app = useContext(AppContext);
  if (!app) throw new Error('used outside the app');
  return app;
}

/** One part of the live state; the component renders again only when that part is another object. */
export function useLive<T>(select: (state: LiveState) => T): T {
  const { live } = useApp();
  return useSyncExternalStore(live.subscribe, () => select(live.state()));
}

/** The same for tables and counts: at most ten times a second. */
export function useCalm<T>(select: (state: LiveState) => T): T {
  const { live } = useApp();
  return useSyncExternalStore(live.subscribeCalm, () => select(live.calmState()));
}

export function usePrefs(): Prefs {
  const { prefs } = useApp();
  return useSyncExternalStore(prefs.subscribe, prefs.state);
}

export function useT(): Translate {
  const { language } = usePrefs();
  return useMemo(() => translator(language), [language]);
}

/** The instrument that is looked at: the chosen one, else the session's first. */
export function useInstrument() {
  const { instrument } = usePrefs();
  return useLive(({ session }) => {
    const all = session?.instruments;
    return all?.find(({ id }) => id === instrument) ?? all?.[0] ?? null;
  });
}
