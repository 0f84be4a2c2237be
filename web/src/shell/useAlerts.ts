// Asks the trading sessions every two seconds what they have to tell, and tells it: over the screen, by a sound unless that
// is switched off, and in the list. Also in a tab that nobody looks at: that is when a sound is needed.
import { useEffect } from 'react';
import { translator } from '../i18n/translate';
import { alertText } from '../state/alert_text';
import { toastsOf } from '../state/alerts';
import { useApp } from './app';

const kEveryMs = 2000;

export function useAlerts(): void {
  const { alerts, api, bell, live, notices, prefs } = useApp();
  useEffect(() => {
    let gone = false;
    let timer = 0;
    const tell = (sessions: Parameters<typeof alerts.take>[0]) => {
      const { toasts, more } = toastsOf(alerts.take(sessions, `${Date.now()}000000`));
      const worst = toasts[0];
      if (!worst) return;
      const { language, alertSound } = prefs.state();
      const t = translator(language);
      toasts.forEach((alert, at) => {
        const isLast = at === toasts.length - 1;
        notices.add({
          kind: alert.severity === 'critical' ? 'error' : 'warn',
          code: 'alert',
          title: `${alert.session}: ${alertText(alert, t)}`,
          detail: isLast && more > 0 ? t('alerts.more', { count: more }) : '',
          hint: '',
          params: {},
        });
      });
      if (alertSound) bell.ring(worst.severity);
    };
    const ask = async () => {
      // What cannot be asked is said by the banner.
      if (live.state().connection.link === 'open') {
        try {
          const { sessions } = await api.tradingAlerts();
          if (!gone) tell(sessions);
        } catch {
          // the next time
        }
      }
      if (!gone) timer = window.setTimeout(ask, kEveryMs);
    };
    void ask();
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [alerts, api, bell, live, notices, prefs]);
}
