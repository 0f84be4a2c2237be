// What the trading sessions have told people of, newest first, and whether that is to be heard.
import { useEffect, useRef, useSyncExternalStore } from 'react';
import { formatStamp } from '../money/time';
import { useApp, usePrefs, useT } from '../shell/app';
import { NoticeList } from '../shell/NoticeList';
import { alertText } from '../state/alert_text';
import { TableHead } from './TableHead';

export default function AlertsDialog({ onClose }: { onClose: () => void }) {
  const t = useT();
  const { alerts, bell, prefs } = useApp();
  const { alertSound, zone } = usePrefs();
  const { list } = useSyncExternalStore(alerts.subscribe, alerts.state);
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what comes while somebody looks is seen, too
  useEffect(() => alerts.seen(), [alerts, list]);
  const choose = (on: boolean) => {
    prefs.set({ alertSound: on });
    if (on) bell.ring('warning'); // what it sounds like, and the click that a browser wants
  };
  return (
    <dialog ref={dialog} className="help alerts" aria-labelledby="alerts-title" onClose={onClose}>
      <header>
        <h2 id="alerts-title">{t('alerts.title')}</h2>
        <label className="check">
          <input
            type="checkbox"
            checked={alertSound}
            onChange={(event) => choose(event.target.checked)}
            data-testid="alert-sound"
          />
          {t('alerts.sound')}
        </label>
        <button type="button" onClick={() => dialog.current?.close()} aria-label={t('common.close')}>
          ×
        </button>
      </header>
      {list.length === 0 ? (
        <p className="empty">{t('alerts.none')}</p>
      ) : (
        <section className="lines" tabIndex={0} aria-label={t('alerts.list')} data-testid="alert-list">
          <table>
            <TableHead columns={['common.time', 'alerts.session', 'log.level', 'log.text']} />
            <tbody>
              {list.map((alert) => (
                <tr key={alert.key} data-severity={alert.severity}>
                  <td className="num">{formatStamp(alert.time_ns, zone)}</td>
                  <td>{alert.session}</td>
                  <td className={`level ${kLevels[alert.severity]}`}>
                    {t(`alerts.severity.${alert.severity}`)}
                  </td>
                  <td className="words">{alertText(alert, t)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
      <p className="muted">{t('alerts.where')}</p>
      <NoticeList />
    </dialog>
  );
}

const kLevels = { info: 'info', warning: 'warn', critical: 'error' } as const;
