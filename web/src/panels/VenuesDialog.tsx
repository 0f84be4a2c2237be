// The trading sessions that run on this computer: what holds each back (limits, breakers, kill switch, dead-man timer),
// and a card for each of its venues, with how it is in colour and word, its connections, budgets, registrations and
// books. Below them those that ended, how, when, and for their logs. Asked anew every second while it is open, who ended only
// where another one runs than before; nothing is asked otherwise.
import { useEffect, useRef, useState } from 'react';
import { known } from '../i18n/translate';
import { currencyDecimals, decimal, formatText, signOf } from '../money/decimal';
import { formatStamp } from '../money/time';
import { useApp, usePrefs, useT } from '../shell/app';
import { Money } from '../shell/Money';
import { NoticeList } from '../shell/NoticeList';
import {
  decimalsOf,
  duration,
  endOf,
  type Health,
  healthOf,
  inOrder,
  killedOf,
  killStepsOf,
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
} from '../state/venues';
import type {
  KillStep,
  TradingAccount,
  TradingBook,
  TradingBudget,
  TradingDeadMan,
  TradingEnded,
  TradingLimit,
  TradingOrder,
  TradingPosition,
  TradingRisk,
  TradingSession,
  TradingSlowest,
  TradingVenue,
  TradingWait,
} from '../wire/types';
import { SessionLog } from './SessionLog';
import { TableHead } from './TableHead';

const kEveryMs = 1000;

export default function VenuesDialog({ onClose }: { onClose: () => void }) {
  const t = useT();
  const dialog = useRef<HTMLDialogElement>(null);
  const { sessions, ended, fault } = useSessions();
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} className="help venues" aria-labelledby="venues-title" onClose={onClose}>
      <header>
        <h2 id="venues-title">{t('venues.title')}</h2>
        <button type="button" onClick={() => dialog.current?.close()} aria-label={t('common.close')}>
          ×
        </button>
      </header>
      {fault && (
        <p className="fault" role="alert">
          {fault}
        </p>
      )}
      {sessions === null && !fault && (
        <p className="empty" role="status">
          {t('common.waiting')}
        </p>
      )}
      {sessions?.length === 0 && <NoSession />}
      {sessions?.map((session) => (
        <SessionPart key={`${session.pid} ${session.session}`} session={session} />
      ))}
      {ended.map((one) => (
        <EndedPart key={one.session} ended={one} />
      ))}
      <NoticeList />
    </dialog>
  );
}

/** The newest answer; what was known stays, with the fault beside it, where one fails. */
function useSessions(): {
  sessions: readonly TradingSession[] | null;
  ended: readonly TradingEnded[];
  fault: string;
} {
  const { api } = useApp();
  const [sessions, setSessions] = useState<readonly TradingSession[] | null>(null);
  const [ended, setEnded] = useState<readonly TradingEnded[]>([]);
  const [fault, setFault] = useState('');
  useEffect(() => {
    let gone = false;
    let timer = 0;
    let known: string | null = null; // who ran when those that ended were asked for
    const ask = async () => {
      try {
        if (!document.hidden) {
          const running = (await api.trading()).sessions;
          const now = runningOf(running);
          const over = gone || now === known ? null : (await api.tradingEnded()).sessions;
          if (gone) return;
          known = now;
          setSessions(running);
          if (over) setEnded(over);
          setFault('');
        }
      } catch (error) {
        if (!gone) setFault(error instanceof Error ? error.message : String(error));
      }
      if (!gone) timer = window.setTimeout(ask, kEveryMs);
    };
    void ask();
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [api]);
  return { sessions, ended, fault };
}

function NoSession() {
  const t = useT();
  return (
    <div className="none" data-testid="venues-none">
      <p>{t('venues.none')}</p>
      <p className="muted">{t('venues.none.paper')}</p>
      <code className="command">
        stom trade start --paper --strategy market_maker --instrument binance:BTCUSDT --session today
      </code>
      <p className="muted">{t('venues.none.exchange')}</p>
      <code className="command">
        umask 077; stom exchange --json &gt;exchange.json &amp;
        <br />
        stom trade start --paper --venues exchange.json --strategy idle --instrument binance:BTCUSDT
        --instrument upbit:KRW-BTC --instrument kiwoom:005930 --session trial
      </code>
      <p className="muted">{t('venues.none.home')}</p>
    </div>
  );
}

function SessionPart({ session }: { session: TradingSession }) {
  const t = useT();
  const name = nameOf(session);
  const [log, setLog] = useState(false);
  return (
    <section className="session" aria-label={name} data-testid="trading-session" data-state={session.state}>
      <header>
        <h3 title={session.session}>{name}</h3>
        {session.mode && (
          <strong className={`chip ${session.mode}`}>{t(`venues.mode.${session.mode}`)}</strong>
        )}
        <Sign health={stateOf(session)} />
        <span className="spring" />
        <small className="num">
          {t('venues.process')} {session.pid}
        </small>
        <LogButton open={log} choose={setLog} id="open-log" />
        <Kill session={session} />
      </header>
      {session.state === 'not responding' && (
        <p className="muted">{t('venues.not_responding.do', { pid: session.pid })}</p>
      )}
      {log && <SessionLog session={session.session} />}
      {session.slowest && <Slowest slowest={session.slowest} />}
      {session.risk && <Exposure risk={session.risk} />}
      <HeldBack session={session} />
      {session.state !== 'not responding' && <Account account={session.account} />}
      <div className="cards">
        {session.venues.map((venue) => (
          <VenueCard key={venue.name} venue={venue} />
        ))}
      </div>
    </section>
  );
}

function EndedPart({ ended }: { ended: TradingEnded }) {
  const t = useT();
  const { zone } = usePrefs();
  const name = nameOf(ended);
  const [log, setLog] = useState(false);
  const end = endOf(ended);
  const time = ended.time_ns === null ? '' : formatStamp(ended.time_ns, zone);
  return (
    <section
      className="session"
      aria-label={name}
      data-testid="ended-session"
      data-end={ended.end ?? 'unknown'}
    >
      <header>
        <h3 title={ended.session}>{name}</h3>
        {end ? <Sign health={end} /> : <span className="muted">{t('venues.ended')}</span>}
        {time && (
          <span className="num muted">{ended.end === 'killed' ? t('venues.end.last', { time }) : time}</span>
        )}
        <span className="spring" />
        <LogButton open={log} choose={setLog} id="open-ended-log" />
      </header>
      {ended.error && <p className="fault">{ended.error}</p>}
      {ended.hint && <p className="muted">{ended.hint}</p>}
      {log && <SessionLog session={ended.session} />}
    </section>
  );
}

function LogButton({ open, choose, id }: { open: boolean; choose: (open: boolean) => void; id: string }) {
  const t = useT();
  return (
    <button type="button" aria-expanded={open} onClick={() => choose(!open)} data-testid={id}>
      {t('venues.log')}
    </button>
  );
}

/** Stops a session, in three steps. Each takes a second click, and what closes at the market the session's name. */
function Kill({ session }: { session: TradingSession }) {
  const t = useT();
  const { api } = useApp();
  const [open, setOpen] = useState(false);
  const [step, setStep] = useState<KillStep | null>(null);
  const [typed, setTyped] = useState('');
  const [told, setTold] = useState<{ health: Health } | { fault: string } | null>(null);
  const [busy, setBusy] = useState(false);
  const steps = killStepsOf(session);
  const name = nameOf(session);
  const close = () => {
    setOpen(false);
    setStep(null);
    setTyped('');
  };
  const pull = async (chosen: KillStep) => {
    setBusy(true);
    setTold(null);
    try {
      const kill = await api.kill(session.session, chosen, chosen === 'flatten' ? typed : undefined);
      setTold({ health: killedOf(kill) });
    } catch (error) {
      setTold({ fault: error instanceof Error ? error.message : String(error) });
    }
    setBusy(false);
    close();
  };
  return (
    <span className="kill" data-testid="kill">
      {told &&
        ('fault' in told ? <span className="fault">{told.fault}</span> : <Sign health={told.health} />)}
      {!open && steps.length > 0 && (
        <button type="button" className="danger" onClick={() => setOpen(true)} title={t('venues.stop.why')}>
          {t('venues.stop')}
        </button>
      )}
      {open && step === null && (
        <>
          {steps.map((one) => (
            <button
              key={one}
              type="button"
              className="danger"
              title={t(`venues.stop.${one}.why`)}
              data-step={one}
              onClick={() => setStep(one)}
            >
              {t(`venues.stop.${one}`)}
            </button>
          ))}
          <button type="button" onClick={close}>
            {t('common.no')}
          </button>
        </>
      )}
      {open && step !== null && (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void pull(step);
          }}
        >
          {step === 'flatten' && (
            <input
              value={typed}
              onChange={(event) => setTyped(event.target.value)}
              aria-label={t('venues.stop.name', { name })}
              placeholder={name}
              autoComplete="off"
              spellCheck={false}
            />
          )}
          <button
            type="submit"
            className="danger"
            disabled={busy || (step === 'flatten' && typed !== name)}
            title={t(`venues.stop.${step}.why`)}
          >
            {t(`venues.stop.${step}.sure`)}
          </button>
          <button type="button" onClick={close} disabled={busy}>
            {t('common.no')}
          </button>
        </form>
      )}
    </span>
  );
}

/** Whether the engine keeps up: how long the slowest event waited for it. */
function Slowest({ slowest }: { slowest: TradingSlowest }) {
  const t = useT();
  return (
    <dl className="facts" data-testid="slowest" aria-label={t('venues.slowest')}>
      {(['lately', 'ever'] as const).map((when) => (
        <div key={when} title={t('venues.slowest.why')}>
          <dt>{t(`venues.slowest.${when}`)}</dt>
          <dd className="num" data-slowest={when} data-waited={slowest[when]?.waited_us ?? 'unknown'}>
            <Wait wait={slowest[when]} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Wait({ wait }: { wait: TradingWait | null }) {
  const t = useT();
  const time = useTime();
  if (wait === null) return <span className="muted">{t('venues.slowest.none')}</span>;
  const { words, count } = shortTime(wait.waited_us);
  return (
    <>
      <span className={`sign ${toneOfWait(wait)}`} data-tone={toneOfWait(wait)}>
        <i aria-hidden="true" /> {t(words, { count })}
      </span>{' '}
      <small>
        {wait.instrument} · {t('venues.ago', { time: time(wait.age_ms) })}
      </small>
    </>
  );
}

/** The venues of a session in one book: sums where all of it is known, and the rates that they were made with. */
function Exposure({ risk }: { risk: TradingRisk }) {
  const t = useT();
  const time = useTime();
  const { currency } = risk;
  const decimals = currencyDecimals(currency);
  const amounts = [
    ['equity', risk.equity ?? null],
    ['gross', risk.gross],
    ['net', risk.net],
    ['profit', risk.profit],
  ] as const;
  return (
    <dl className="facts exposure" data-testid="exposure" aria-label={t('venues.exposure')}>
      {amounts.map(([name, amount]) => (
        <div key={name} title={t(`venues.exposure.${name}.why`)}>
          <dt>{t(`venues.exposure.${name}`)}</dt>
          <dd className="num" title={amount ?? undefined} data-amount={name}>
            {amount === null
              ? t('venues.exposure.unknown')
              : `${formatText(amount, { decimals, plus: name === 'profit' })} ${currency}`}
          </dd>
        </div>
      ))}
      {risk.rates.map(({ from, to, rate, source, age_ms, stale }) => (
        <div key={`${from} ${to} ${source}`}>
          <dt>{source === 'given' ? t('venues.rate.given') : t('venues.rate', { source })}</dt>
          <dd className={stale ? 'num warn' : 'num'} data-rate={`${from}/${to}`} data-stale={stale}>
            1 {from} = {formatText(rate, { atMost: 8 })} {to}{' '}
            <small className="muted">{t('venues.rate.age', { time: time(age_ms) })}</small>
          </dd>
        </div>
      ))}
      {(risk.stale || risk.unknown.length > 0) && (
        <div>
          <dt>{t('venues.exposure.beware')}</dt>
          <dd className="warn">
            {[...(risk.stale ? [t('venues.exposure.stale')] : []), ...risk.unknown].join(' · ')}
          </dd>
        </div>
      )}
    </dl>
  );
}

/** Limits and breakers in force, the kill switch where it was pulled, and how long the dead-man timer still waits. */
function HeldBack({ session: { session, limits, kill_switch, dead_man } }: { session: TradingSession }) {
  const t = useT();
  const step = kill_switch === 'off' ? null : kill_switch;
  if (limits.length === 0 && step === null && dead_man === null) return null;
  return (
    <dl className="facts limits" data-testid="limits" aria-label={t('venues.limits')}>
      {step && (
        <div title={t('venues.kill.release', { session })} data-kill={step}>
          <dt>{t('venues.kill')}</dt>
          <dd>
            <Sign health={{ tone: 'bad', words: `venues.kill.${step}` }} />
          </dd>
        </div>
      )}
      {dead_man && <DeadMan timer={dead_man} />}
      {limits.map((limit) => (
        <LimitFact key={`${limit.name} ${limit.scope}`} limit={limit} />
      ))}
    </dl>
  );
}

function DeadMan({ timer }: { timer: TradingDeadMan }) {
  const t = useT();
  const time = useTime();
  const { within_ms, left_ms, next } = timer;
  return (
    <div title={t('venues.dead_man.why')} data-dead-man={next ?? 'done'}>
      <dt>{t('venues.dead_man', { time: time(within_ms) })}</dt>
      <dd className={`sign ${toneOfDeadMan(timer)}`}>
        <i aria-hidden="true" />{' '}
        {next === null || left_ms === null
          ? t('venues.dead_man.done')
          : t(`venues.dead_man.${next}`, { time: time(left_ms) })}
      </dd>
    </div>
  );
}

function LimitFact({ limit }: { limit: TradingLimit }) {
  const t = useT();
  const words = known('limit', limit.name);
  const tone = toneOfLimit(limit);
  return (
    <div title={`${limit.name}${limit.scope && `@${limit.scope}`}=${limit.limit}`}>
      <dt>
        {words ? t(words) : limit.name}
        {limit.scope && ` · ${limit.scope}`}
      </dt>
      <dd className="num" data-limit={limit.name} data-scope={limit.scope} data-state={limit.state}>
        {limit.value === null ? limit.limit : `${limit.value} / ${limit.limit}`}
        {tone !== 'good' && (
          <>
            {' '}
            <Sign health={{ tone, words: `venues.limit.${limit.state}` }} />
          </>
        )}
      </dd>
    </div>
  );
}

/** What the session holds and which orders of it are not over. What it has not said is not shown as nothing. */
function Account({ account }: { account: TradingAccount | null }) {
  const t = useT();
  if (account === null)
    return (
      <p className="muted" data-testid="account-unknown">
        {t('venues.account.unknown')}
      </p>
    );
  return (
    <div className="account" data-testid="account">
      <Positions positions={account.positions} />
      <Orders orders={account.orders} />
    </div>
  );
}

function Positions({ positions }: { positions: readonly TradingPosition[] }) {
  const t = useT();
  const several = new Set(positions.map((position) => position.strategy)).size > 1;
  if (positions.length === 0)
    return (
      <p className="muted" data-testid="no-positions">
        {t('venues.positions.none')}
      </p>
    );
  return (
    <section className="books" tabIndex={0} aria-label={t('venues.positions')} data-testid="positions">
      <table>
        <caption>{t('venues.positions')}</caption>
        <TableHead
          columns={[
            'common.symbol',
            { right: 'common.quantity' },
            { right: 'venues.entry' },
            { right: 'position.mark' },
            { right: 'position.unrealized' },
          ]}
        />
        <tbody>
          {positions.map((position) => (
            <PositionRow
              key={`${position.instrument} ${position.strategy}`}
              position={position}
              named={several}
            />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function PositionRow({ position, named }: { position: TradingPosition; named: boolean }) {
  const t = useT();
  const { instrument, strategy, quantity, entry_price, mark_price, unrealized_pnl, currency } = position;
  const long = signOf(decimal(quantity)) > 0;
  const unknown = (
    <span className="warn" title={t('venues.unknown.why')}>
      {t('venues.exposure.unknown')}
    </span>
  );
  return (
    <tr data-position={instrument} data-quantity={quantity} data-gain={unrealized_pnl ?? 'unknown'}>
      <th scope="row">
        {instrument}
        {named && <small> {strategy}</small>}
      </th>
      <td className="num right">
        <span className={`chip ${long ? 'long' : 'short'}`}>
          {t(long ? 'position.long' : 'position.short')}
        </span>{' '}
        {formatText(quantity, { plus: true })}
      </td>
      <td className="num right">{formatText(entry_price)}</td>
      <td className="num right">{mark_price === null ? unknown : formatText(mark_price)}</td>
      <td className="num right" title={unrealized_pnl ?? undefined}>
        {unrealized_pnl === null ? (
          unknown
        ) : (
          <>
            <Money text={unrealized_pnl} currency={currency} signed /> <small>{currency}</small>
          </>
        )}
      </td>
    </tr>
  );
}

function Orders({ orders }: { orders: readonly TradingOrder[] }) {
  const t = useT();
  const { shown, more } = ordersShown(orders);
  if (shown.length === 0)
    return (
      <p className="muted" data-testid="no-orders">
        {t('venues.orders.none')}
      </p>
    );
  return (
    <section className="books" tabIndex={0} aria-label={t('venues.orders')} data-testid="working-orders">
      <table>
        <caption>
          {t('venues.orders')} <span className="num">{orders.length}</span>
        </caption>
        <TableHead
          columns={[
            'common.symbol',
            'common.side',
            'order.type',
            { right: 'common.price' },
            { right: 'common.quantity' },
            { right: 'order.filled' },
            'order.status',
          ]}
        />
        <tbody>
          {shown.map((order, at) => (
            <OrderRow key={`${order.client_order_id} ${order.venue_order_id ?? at}`} order={order} />
          ))}
        </tbody>
      </table>
      {more > 0 && <p className="muted">{t('venues.orders.more', { count: more })}</p>}
    </section>
  );
}

function OrderRow({ order }: { order: TradingOrder }) {
  const t = useT();
  const { instrument, side, type, price, quantity, filled, status, client_order_id, venue_order_id } = order;
  const words = type === null ? null : known('ticket', type);
  return (
    <tr data-order={client_order_id || venue_order_id} data-status={status}>
      <th scope="row" title={[client_order_id, venue_order_id].filter(Boolean).join(' · ')}>
        {instrument}
      </th>
      <td className={side === 'buy' ? 'up' : 'down'}>
        {side === 'buy' ? '▲' : '▼'} {t(`side.${side}`)}
      </td>
      <td>{words ? t(words) : (type ?? '–')}</td>
      <td className="num right">{formatText(price)}</td>
      <td className="num right">{formatText(quantity)}</td>
      <td className="num right">{formatText(filled)}</td>
      <td>
        <Sign health={stateOfOrder(order)} />
      </td>
    </tr>
  );
}

function Sign({ health }: { health: Health }) {
  const t = useT();
  return (
    <span className={`sign ${health.tone}`} data-tone={health.tone}>
      <i aria-hidden="true" /> {t(health.words)}
    </span>
  );
}

function VenueCard({ venue }: { venue: TradingVenue }) {
  const t = useT();
  const waiting = waitingOf(venue);
  const troubles = troublesOf(venue);
  return (
    <article className="card" aria-label={venue.name} data-testid="venue" data-venue={venue.name}>
      <header>
        <h4>{venue.name}</h4>
        <Sign health={healthOf(venue)} />
      </header>
      <dl className="facts">
        <div>
          <dt>{t('venues.lag')}</dt>
          <dd className="num" data-lag={venue.lag_ms ?? ''}>
            {venue.lag_ms === null ? '–' : `${venue.lag_ms} ms`}
          </dd>
        </div>
        <div>
          <dt>{t('venues.clock')}</dt>
          <dd className="num" title={t('venues.clock.why')}>
            {venue.clock
              ? `${milliseconds(venue.clock.offset_us)} ± ${milliseconds(venue.clock.error_us)} ms`
              : '–'}
          </dd>
        </div>
        <div>
          <dt>{t('venues.waiting')}</dt>
          <dd className="num">
            {waiting.length === 0
              ? '0'
              : waiting.map(([name, count]) => `${t(`venues.priority.${name}`)} ${count}`).join(' · ')}
          </dd>
        </div>
        {venue.universe && (
          <div title={venue.universe.source}>
            <dt>{t('venues.universe')}</dt>
            <dd className="num" data-testid="universe">
              {t('venues.universe.counts', {
                in: venue.universe.in,
                kept: venue.universe.kept,
                waiting: venue.universe.waiting,
              })}
            </dd>
          </div>
        )}
        {troubles.map(([name, count]) => (
          <div key={name}>
            <dt>{t(`venues.count.${name}`)}</dt>
            <dd className="num warn" data-count={name}>
              {count}
            </dd>
          </div>
        ))}
      </dl>
      <Connections venue={venue} />
      <Budgets budgets={venue.budgets} />
      <Books venue={venue} />
    </article>
  );
}

function Connections({ venue }: { venue: TradingVenue }) {
  const t = useT();
  const time = useTime();
  if (venue.connections.length === 0) return null;
  return (
    <ul className="connections" aria-label={t('venues.connections')}>
      {venue.connections.map(({ name, id, state, for_ms, retry_in_ms }) => (
        <li key={`${name} ${id}`} className={state} data-state={state}>
          <i aria-hidden="true" />
          <span>
            {name} <small>{id}</small>
          </span>
          <span className="spring" />
          <span>
            {t(`venues.connection.${state}`)} <span className="num muted">{time(for_ms)}</span>
            {state === 'waiting' && retry_in_ms !== null && (
              <span className="muted"> · {t('venues.connection.retry', { time: time(retry_in_ms) })}</span>
            )}
          </span>
        </li>
      ))}
    </ul>
  );
}

function Budgets({ budgets }: { budgets: readonly TradingBudget[] }) {
  const t = useT();
  const time = useTime();
  if (budgets.length === 0) return null;
  return (
    <ul className="budgets" aria-label={t('venues.budgets')}>
      {inOrder(budgets).map((budget) => {
        const { name, kind, used, limit, window_ms, closed_for_ms } = budget;
        const shown = kind === 'registrations' ? t('venues.registrations') : name;
        const percent = usedPercent(budget);
        return (
          <li key={name} className={toneOf(budget)} data-budget={kind === 'registrations' ? kind : name}>
            <span>{shown}</span>
            <span
              className="gauge"
              role="meter"
              aria-label={shown}
              aria-valuemin={0}
              aria-valuemax={100}
              aria-valuenow={percent}
              aria-valuetext={t('venues.used', { used, limit })}
            >
              <i style={{ transform: `scaleX(${percent / 100})` }} />
            </span>
            <span className="num">
              <span data-used={used} data-limit={limit}>
                {used} / {limit}
              </span>{' '}
              {window_ms !== null && <small>{time(window_ms)}</small>}
              {closed_for_ms !== null && (
                <b className="down"> {t('venues.closed', { time: time(closed_for_ms) })}</b>
              )}
            </span>
          </li>
        );
      })}
    </ul>
  );
}

function Books({ venue }: { venue: TradingVenue }) {
  const t = useT();
  if (venue.instruments.length === 0) return null;
  return (
    <section className="books" tabIndex={0} aria-label={t('venues.books')}>
      <table>
        <TableHead
          columns={[
            'common.symbol',
            'venues.book',
            { right: 'venues.bid' },
            { right: 'venues.ask' },
            { right: 'venues.age' },
          ]}
        />
        <tbody>
          {venue.instruments.map((book) => (
            <BookRow key={book.id} book={book} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function BookRow({ book }: { book: TradingBook }) {
  const t = useT();
  const time = useTime();
  const decimals = decimalsOf(book);
  const price = (text: string | null) => (text === null ? '–' : formatText(text, { decimals }));
  const size = (quantity: string | null) => (quantity === null ? '' : `× ${formatText(quantity)}`);
  return (
    <tr
      className={book.stale ? 'stale' : ''}
      data-book={book.id}
      data-bid={book.bid ?? ''}
      data-ask={book.ask ?? ''}
      data-stale={book.stale}
    >
      <th scope="row">{book.id.slice(book.id.indexOf(':') + 1)}</th>
      <td>
        <span className={`sign ${book.stale ? 'warn' : 'good'}`}>
          <i aria-hidden="true" /> {t(book.stale ? 'venues.book.stale' : 'venues.book.right')}
        </span>
      </td>
      <td className="num right" title={size(book.bid_quantity)}>
        {price(book.bid)}
      </td>
      <td className="num right" title={size(book.ask_quantity)}>
        {price(book.ask)}
      </td>
      <td className="num right">{book.age_ms === null ? '–' : time(book.age_ms)}</td>
    </tr>
  );
}

function useTime(): (ms: number) => string {
  const t = useT();
  return (ms) => {
    const { words, count } = duration(ms);
    return t(words, { count });
  };
}

/** Microseconds as milliseconds with one place. */
function milliseconds(us: number): string {
  return (us / 1000).toFixed(1).replace('-', '−');
}
