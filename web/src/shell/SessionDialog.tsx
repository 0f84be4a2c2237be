// Choosing what the next session plays: instrument, strategy, its parameters, part of the data, limits. The same as a command to
// paste stands below, so that what was chosen here can be had again from a terminal.
import { type FormEvent, useEffect, useMemo, useRef, useState } from 'react';
import { commandOf } from '../state/choice';
import type { Replayable, SessionChoice, StrategyCard } from '../wire/types';
import { useApp, useLive, useT } from './app';

export default function SessionDialog({ onClose }: { onClose: () => void }) {
  const t = useT();
  const { api, actions } = useApp();
  const session = useLive((state) => state.session);
  const dialog = useRef<HTMLDialogElement>(null);
  const [instruments, setInstruments] = useState<readonly Replayable[]>([]);
  const [strategies, setStrategies] = useState<readonly StrategyCard[]>([]);
  const [instrument, setInstrument] = useState(session?.instruments[0]?.id ?? '');
  const [strategy, setStrategy] = useState(session?.strategy?.name ?? '');
  const [values, setValues] = useState<Record<string, string>>(session?.strategy?.parameters ?? {});
  const [from, setFrom] = useState('');
  const [to, setTo] = useState('');
  const [limits, setLimits] = useState((session?.limits ?? []).join(' '));
  const [fault, setFault] = useState('');
  const [busy, setBusy] = useState(false);

  useEffect(() => dialog.current?.showModal(), []);
  useEffect(() => {
    Promise.all([api.instruments(), api.strategies()])
      .then(([found, known]) => {
        setInstruments(found.instruments);
        setStrategies(known.strategies);
      })
      .catch((error: unknown) => setFault(error instanceof Error ? error.message : String(error)));
  }, [api]);

  const card = strategies.find(({ name }) => name === strategy);
  const choice = useMemo<SessionChoice>(() => {
    const changed = (card?.parameters ?? []).filter((p) => (values[p.name] ?? p.default) !== p.default);
    return {
      instrument,
      strategy: strategy || null,
      parameters: Object.fromEntries(changed.map((p) => [p.name, values[p.name] ?? p.default])),
      from_time_ns: nanoseconds(from),
      to_time_ns: nanoseconds(to),
      limits: limits.split(/\s+/).filter((limit) => limit !== ''),
    };
  }, [instrument, strategy, card, values, from, to, limits]);

  const begin = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    const begun = await actions.begin(choice);
    setBusy(false);
    if (begun) dialog.current?.close();
  };
  const chosen = instruments.find(({ id }) => id === instrument);
  const needed = card?.instruments ?? 1;
  const tooFew = needed > 1;
  const stored = instruments.filter(({ first_day }) => first_day !== null);
  const made = instruments.filter(({ first_day }) => first_day === null);

  return (
    <dialog ref={dialog} className="help begin" aria-labelledby="begin-title" onClose={onClose}>
      <form onSubmit={begin}>
        <header>
          <h2 id="begin-title">{t('begin.title')}</h2>
          <button type="button" onClick={() => dialog.current?.close()} aria-label={t('common.close')}>
            ×
          </button>
        </header>
        <p className="muted">{t('begin.why')}</p>
        <div className="grid">
          <label htmlFor="begin-instrument">{t('common.symbol')}</label>
          <div>
            <select
              id="begin-instrument"
              value={instrument}
              onChange={(event) => setInstrument(event.target.value)}
            >
              {!chosen && <option value={instrument}>{instrument}</option>}
              <optgroup label={t('begin.stored')}>
                {stored.map((one) => (
                  <option key={one.id} value={one.id}>
                    {one.id} · {t(`source.${one.source}`)}
                  </option>
                ))}
              </optgroup>
              {made.length > 0 && (
                <optgroup label={t('begin.made')}>
                  {made.map((one) => (
                    <option key={one.id} value={one.id}>
                      {one.id}
                    </option>
                  ))}
                </optgroup>
              )}
            </select>
            {chosen?.first_day && (
              <small>
                {' '}
                {chosen.first_day}
                {chosen.last_day !== chosen.first_day && ` – ${chosen.last_day}`}
              </small>
            )}
          </div>
          <label htmlFor="begin-from">{t('begin.part')}</label>
          <div>
            <input
              id="begin-from"
              type="datetime-local"
              step={1}
              value={from}
              onChange={(event) => setFrom(event.target.value)}
              aria-label={t('begin.from')}
            />{' '}
            –{' '}
            <input
              type="datetime-local"
              step={1}
              value={to}
              onChange={(event) => setTo(event.target.value)}
              aria-label={t('begin.to')}
            />{' '}
            <small>UTC · {t('begin.all')}</small>
          </div>
          <label htmlFor="begin-strategy">{t('source.strategy')}</label>
          <div>
            <select
              id="begin-strategy"
              value={strategy}
              onChange={(event) => {
                setStrategy(event.target.value);
                setValues({});
              }}
            >
              <option value="">{t('begin.by_hand')}</option>
              {strategies.map(({ name, instruments: least }) => (
                <option key={name} value={name}>
                  {name}
                  {least > 1 && ` · ${t('begin.instruments', { needed: least })}`}
                </option>
              ))}
            </select>{' '}
            <small lang="en">{card?.about}</small>
          </div>
          <label htmlFor="begin-limits">{t('begin.limits')}</label>
          <div>
            <input
              id="begin-limits"
              className="num"
              value={limits}
              onChange={(event) => setLimits(event.target.value)}
              placeholder="position=2 order_rate=10/1s"
              autoComplete="off"
              spellCheck={false}
            />{' '}
            <small>{t('begin.limits.why')}</small>
          </div>
        </div>
        {tooFew && (
          <p className="fault" role="alert" data-testid="too-few">
            {t('begin.too_few', { strategy, needed })}{' '}
            <code className="command">
              stom backtest run --strategy {strategy} --instrument {instrument || 'A'} --instrument …
            </code>
          </p>
        )}
        {card && card.parameters.length > 0 && (
          <table className="parameters">
            <caption className="sr-only">{t('begin.parameters')}</caption>
            <tbody>
              {card.parameters.map((p) => (
                <tr key={p.name}>
                  <th scope="row">
                    <label htmlFor={`begin-p-${p.name}`}>{p.name}</label>
                  </th>
                  <td>
                    {p.type === 'file' ? (
                      <textarea
                        id={`begin-p-${p.name}`}
                        rows={4}
                        value={values[p.name] ?? p.default}
                        onChange={(event) => setValues({ ...values, [p.name]: event.target.value })}
                        spellCheck={false}
                      />
                    ) : (
                      <input
                        id={`begin-p-${p.name}`}
                        className="num"
                        value={values[p.name] ?? p.default}
                        onChange={(event) => setValues({ ...values, [p.name]: event.target.value })}
                        autoComplete="off"
                        spellCheck={false}
                      />
                    )}
                  </td>
                  <td lang="en">
                    <small>
                      {p.meaning} {p.range && `(${p.range})`}
                    </small>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
        {!tooFew && (
          <p>
            <small>{t('begin.command')}</small>
            <code className="command" data-testid="command">
              {commandOf(choice)}
            </code>
          </p>
        )}
        {fault && (
          <p className="fault" role="alert">
            {fault}
          </p>
        )}
        <footer>
          <button type="button" onClick={() => dialog.current?.close()}>
            {t('common.cancel')}
          </button>
          <button
            type="submit"
            className="primary"
            disabled={busy || tooFew || instrument === ''}
            data-testid="begin"
          >
            {t('begin.begin')}
          </button>
        </footer>
      </form>
    </dialog>
  );
}

/** "2025-09-01T01:30" as UTC; null where nothing is typed. */
function nanoseconds(text: string): string | null {
  const ms = text === '' ? Number.NaN : Date.parse(`${text}Z`);
  return Number.isNaN(ms) ? null : String(BigInt(ms) * 1_000_000n);
}
