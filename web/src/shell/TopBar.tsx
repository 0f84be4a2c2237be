// What must be seen at a glance: instrument and price, mode, connection, the engine's clock, today's result.
import { useSyncExternalStore } from 'react';
import { decimal, divide, format, formatUnits, multiply, signOf } from '../money/decimal';
import { formatDate, formatTime } from '../money/time';
import { useApp, useInstrument, useLive, usePrefs, useT } from './app';
import { Logo } from './Login';
import { LookButtons } from './LookButtons';
import { Money } from './Money';

interface Opens {
  readonly onHelp: () => void;
  readonly onVenues: () => void;
  readonly onAlerts: () => void;
}

export function TopBar({ onHelp, onVenues, onAlerts }: Opens) {
  const t = useT();
  return (
    <header className="topbar">
      <span className="brand">
        <Logo /> STOM
      </span>
      <InstrumentPicker />
      <LastPrice />
      <ModeBadge />
      <LinkDot />
      <span className="spring" />
      <Clock />
      <Result />
      <div className="tools">
        <a className="words" href="/conditions" title={t('top.conditions.why')} data-testid="open-conditions">
          {t('top.conditions')}
        </a>
        <button
          type="button"
          className="words"
          onClick={onVenues}
          title={t('venues.why')}
          data-testid="open-venues"
        >
          {t('venues.title')}
        </button>
        <AlertsButton onPress={onAlerts} />
        <LookButtons />
        <button type="button" onClick={onHelp} title={t('top.help')} aria-label={t('top.help')}>
          ?
        </button>
      </div>
    </header>
  );
}

function AlertsButton({ onPress }: { onPress: () => void }) {
  const t = useT();
  const { alerts } = useApp();
  const { unread } = useSyncExternalStore(alerts.subscribe, alerts.state);
  return (
    <button
      type="button"
      className="words"
      onClick={onPress}
      title={t('alerts.why')}
      data-testid="open-alerts"
      data-unread={unread}
    >
      {t('alerts.title')}
      {unread > 0 && (
        <>
          {' '}
          <b className="unread" title={t('alerts.unread', { count: unread })}>
            {unread}
          </b>
        </>
      )}
    </button>
  );
}

/** The bar of a panel that stands alone: enough to know what is looked at, and in which mode. */
export function ModeLine() {
  return (
    <header className="topbar modeline">
      <InstrumentPicker />
      <LastPrice />
      <ModeBadge />
      <LinkDot />
      <span className="spring" />
      <Clock />
    </header>
  );
}

function InstrumentPicker() {
  const t = useT();
  const { prefs } = useApp();
  const session = useLive((state) => state.session);
  const chosen = useInstrument();
  const list = session?.instruments ?? [];
  if (list.length < 2) {
    const [venue, symbol] = chosen?.id.split(':') ?? ['', '–'];
    return (
      <span className="instrument" data-testid="instrument" data-id={chosen?.id}>
        <b>{symbol}</b> <small>{venue}</small>
      </span>
    );
  }
  return (
    <select
      className="instrument"
      aria-label={t('top.instrument')}
      value={chosen?.id}
      onChange={(event) => prefs.set({ instrument: event.target.value })}
    >
      {list.map(({ id }) => (
        <option key={id}>{id}</option>
      ))}
    </select>
  );
}

function LastPrice() {
  const t = useT();
  const instrument = useInstrument();
  const trade = useLive((state) => state.tape.trades[state.tape.trades.length - 1]);
  if (!instrument || !trade) return <span className="last" />;
  const tone = trade.taker === 'unknown' ? '' : trade.taker === 'buy' ? 'up' : 'down';
  return (
    <span className={`last num ${tone}`} title={t('top.last')}>
      <i aria-hidden="true">{tone === 'up' ? '▲' : tone === 'down' ? '▼' : ''}</i>
      <span data-testid="last">{formatUnits(trade.price, instrument.price_decimals)}</span>
      <small>{instrument.quote}</small>
    </span>
  );
}

function ModeBadge() {
  const t = useT();
  const mode = useLive((state) => state.session?.mode);
  if (!mode) return null;
  return (
    <strong className={`badge ${mode}`} data-testid="mode" title={t(`mode.${mode}.why`)}>
      {t(`mode.${mode}`)}
    </strong>
  );
}

function LinkDot() {
  const t = useT();
  const { link, stale } = useLive((state) => state.connection);
  const shown = link === 'open' && stale ? 'stale' : link;
  return (
    <span className={`link ${shown}`} role="status" data-testid="link" data-link={shown}>
      <i aria-hidden="true" /> {t(`link.${shown}`)}
    </span>
  );
}

function Clock() {
  const t = useT();
  const { prefs } = useApp();
  const { zone } = usePrefs();
  const now = useLive((state) => state.session?.clock_time_ns);
  if (!now) return null;
  return (
    <button
      type="button"
      className="clock num"
      title={t('top.clock')}
      onClick={() => prefs.set({ zone: zone === 'utc' ? 'local' : 'utc' })}
    >
      <span>{formatDate(now, zone)}</span> <b data-testid="clock">{formatTime(now, zone, 0)}</b>{' '}
      <small>{zone === 'utc' ? 'UTC' : t('top.local')}</small>
    </button>
  );
}

function Result() {
  const t = useT();
  const account = useLive((state) => state.account);
  if (!account) return null;
  return (
    <dl className="result">
      <div>
        <dt>{t('top.equity')}</dt>
        <dd className="num" data-testid="equity" data-value={account.equity} title={account.equity}>
          <Money text={account.equity} currency={account.currency} />
        </dd>
      </div>
      <div>
        <dt>{t('top.day_pnl')}</dt>
        <dd className="num" data-testid="day-pnl" data-value={account.day_pnl} title={account.day_pnl}>
          <Money text={account.day_pnl} currency={account.currency} signed />
          <Share part={account.day_pnl} whole={account.day_start_equity} />
        </dd>
      </div>
    </dl>
  );
}

function Share({ part, whole }: { part: string; whole: string }) {
  const base = decimal(whole);
  if (signOf(base) <= 0) return null;
  const percent = divide(multiply(decimal(part), kHundred), base, 2);
  const sign = signOf(percent);
  return (
    <small className={sign > 0 ? 'up' : sign < 0 ? 'down' : ''}> {format(percent, { plus: true })}%</small>
  );
}

const kHundred = { units: 100n, decimals: 0 };
