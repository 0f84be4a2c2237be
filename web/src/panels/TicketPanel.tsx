// The order ticket: limit or market, checked against the instrument's grid as it is typed, sent by one of two buttons.
import { useState, useSyncExternalStore } from 'react';
import { known } from '../i18n/translate';
import {
  currencyDecimals,
  decimal,
  divide,
  format,
  formatUnits,
  multiply,
  parseDecimal,
  parseUnits,
  toText,
} from '../money/decimal';
import { floorTo, gridOf, stepPrice, tickAt } from '../money/ladder';
import { useApp, useCalm, useInstrument, useLive, useT } from '../shell/app';
import { checkOrder, type InputError, refusalOf, type TicketState } from '../state/ticket';
import type { Instrument, Side } from '../wire/types';

const kShares = ['1', '5', '10', '25'] as const;

export function TicketPanel() {
  const t = useT();
  const { ticket } = useApp();
  const state = useSyncExternalStore(ticket.subscribe, ticket.state);
  const instrument = useInstrument();
  const mode = useLive((live) => live.session?.mode);
  const account = useLive((live) => live.session?.account);
  return (
    <section
      className={`panel ticket ${state.armed ? 'armed' : ''}`}
      id="ticket"
      aria-label={t('ticket.title')}
      data-testid="ticket"
    >
      <header>
        <h2>{t('ticket.title')}</h2>
        {mode && <span className={`chip ${mode}`}>{t(`mode.${mode}`)}</span>}
        {account && (
          <span className="chip account" title={t(`account.${account.kind}.why`)} data-testid="account">
            {t(`account.${account.kind}`)}
            {account.kind === 'margin' && ` ×${account.leverage}`}
          </span>
        )}
        <button
          type="button"
          role="switch"
          aria-checked={state.armed}
          className="arm"
          title={t('ticket.arm.why')}
          onClick={() => ticket.set({ armed: !state.armed })}
        >
          {t(state.armed ? 'ticket.armed' : 'ticket.disarmed')}
        </button>
      </header>
      {instrument ? (
        <Form state={state} instrument={instrument} />
      ) : (
        <p className="empty">{t('common.waiting')}</p>
      )}
    </section>
  );
}

function Form({ state, instrument }: { state: TicketState; instrument: Instrument }) {
  const t = useT();
  const { ticket, actions } = useApp();
  const [tried, setTried] = useState(false);
  const grid = gridOf(instrument);
  const checked = checkOrder(state, 'buy', instrument.id, grid);
  const error = 'error' in checked && (tried || checked.error.code !== 'missing') ? checked.error : null;
  const submit = (side: Side) => {
    setTried('error' in checked);
    void actions.submit(side, instrument);
  };
  const change = (values: Partial<TicketState>) => {
    setTried(false);
    ticket.set({ ...values, sent: null });
  };
  return (
    <div className="form">
      <div className="segmented" role="group" aria-label={t('ticket.type')}>
        {(['limit', 'market'] as const).map((type) => (
          <button
            key={type}
            type="button"
            aria-pressed={state.type === type}
            onClick={() => change({ type })}
          >
            {t(`ticket.${type}`)}
          </button>
        ))}
      </div>
      {state.type === 'limit' && (
        <Field
          id="ticket-price"
          label={t('common.price')}
          unit={instrument.quote}
          value={state.price}
          error={error?.field === 'price' ? error : null}
          onChange={(price) => change({ price })}
          onStep={(steps) => {
            const price = parseUnits(state.price || '0', grid.priceDecimals);
            if (price !== null) change({ price: toText(stepPrice(grid, price, steps), grid.priceDecimals) });
          }}
        />
      )}
      <Field
        id="ticket-quantity"
        label={t('common.quantity')}
        unit={instrument.kind === 'inverse' ? t('ticket.contracts') : instrument.base}
        value={state.quantity}
        error={error?.field === 'quantity' ? error : null}
        onChange={(quantity) => change({ quantity })}
        onStep={(steps) => {
          const quantity = parseUnits(state.quantity || '0', grid.quantityDecimals);
          if (quantity === null) return;
          const next = floorTo(quantity, grid.lot) + grid.lot * BigInt(steps);
          change({ quantity: toText(next > 0n ? next : grid.lot, grid.quantityDecimals) });
        }}
      />
      <Shares instrument={instrument} state={state} />
      <div className="terms">
        {state.type === 'limit' && (
          <>
            <label>
              <input
                type="checkbox"
                checked={state.postOnly && state.timeInForce === 'gtc'}
                disabled={state.timeInForce !== 'gtc'}
                onChange={(event) => change({ postOnly: event.target.checked })}
                data-testid="post-only"
              />
              {t('ticket.post_only')}
            </label>
            <select
              aria-label={t('ticket.time_in_force')}
              title={t('ticket.time_in_force')}
              value={state.timeInForce}
              onChange={(event) => change({ timeInForce: event.target.value as TicketState['timeInForce'] })}
            >
              <option value="gtc">GTC</option>
              <option value="ioc">IOC</option>
              <option value="fok">FOK</option>
            </select>
          </>
        )}
        <label>
          <input
            type="checkbox"
            checked={state.reduceOnly}
            onChange={(event) => change({ reduceOnly: event.target.checked })}
          />
          {t('ticket.reduce_only')}
        </label>
      </div>
      <Value instrument={instrument} state={state} />
      <div className="sides">
        <button type="button" className="buy" onClick={() => submit('buy')} data-testid="buy">
          <i aria-hidden="true">▲</i> {t('ticket.buy')}
        </button>
        <button type="button" className="sell" onClick={() => submit('sell')} data-testid="sell">
          <i aria-hidden="true">▼</i> {t('ticket.sell')}
        </button>
      </div>
      <Refusal sent={state.sent} />
      {state.armed && <p className="armed-line">{t('ticket.armed.keys')}</p>}
    </div>
  );
}

/** What became of the order that was sent last, where it was refused: by whom is no matter to the one who sent it. */
function Refusal({ sent }: { sent: string | null }) {
  const t = useT();
  const reason = useCalm((live) =>
    sent === null ? null : refusalOf(live.orders.find((order) => order.client_order_id === sent)),
  );
  if (reason === null) return null;
  const words = known('error', reason);
  const remedy = known('remedy', reason);
  return (
    <p className="fault refusal" role="alert" data-testid="refusal" data-code={reason}>
      <b>{t('ticket.refused', { why: words ? t(words) : reason })}</b>
      {remedy && <span>{t(remedy)}</span>}
    </p>
  );
}

interface FieldProps {
  id: string;
  label: string;
  unit: string;
  value: string;
  error: InputError | null;
  onChange: (text: string) => void;
  onStep: (steps: number) => void;
}

function Field({ id, label, unit, value, error, onChange, onStep }: FieldProps) {
  const t = useT();
  return (
    <div className={`field ${error ? 'invalid' : ''}`}>
      <label htmlFor={id}>{label}</label>
      <div className="input">
        <button
          type="button"
          tabIndex={-1}
          onClick={() => onStep(-1)}
          aria-label={t('ticket.less', { what: label })}
        >
          −
        </button>
        <input
          id={id}
          className="num"
          inputMode="decimal"
          autoComplete="off"
          value={value}
          aria-invalid={error !== null}
          aria-describedby={error ? `${id}-error` : undefined}
          onChange={(event) => onChange(event.target.value)}
          onKeyDown={(event) => {
            const steps = event.key === 'ArrowUp' ? 1 : event.key === 'ArrowDown' ? -1 : 0;
            if (steps === 0) return;
            event.preventDefault();
            onStep(event.shiftKey ? steps * 10 : steps);
          }}
        />
        <span className="unit">{unit}</span>
        <button
          type="button"
          tabIndex={-1}
          onClick={() => onStep(1)}
          aria-label={t('ticket.more', { what: label })}
        >
          +
        </button>
      </div>
      {error && (
        <p className="fault" id={`${id}-error`} role="alert">
          {t(`input.${error.code}`)}
          {error.nearest.map((text) => (
            <button type="button" key={text} className="link-button num" onClick={() => onChange(text)}>
              {text}
            </button>
          ))}
        </p>
      )}
    </div>
  );
}

/** The price an order would count with: its own, else the best on the other side. */
function useReference(state: TicketState, instrument: Instrument): bigint | null {
  const ask = useCalm((live) => live.book.asks[0]?.price ?? null);
  if (state.type === 'market') return ask;
  const price = parseUnits(state.price.replaceAll(',', '') || 'x', instrument.price_decimals);
  return price !== null && price > 0n ? price : ask;
}

/** Quantity by share of what is available, rounded down to the lot. */
function Shares({ instrument, state }: { instrument: Instrument; state: TicketState }) {
  const t = useT();
  const { ticket } = useApp();
  const available = useCalm((live) => live.account?.available ?? null);
  const price = useReference(state, instrument);
  if (available === null || price === null || price === 0n) return null;
  const fill = (share: string) => {
    const money = multiply(decimal(available), { units: BigInt(share), decimals: 2 });
    const contract = multiply(
      { units: price, decimals: instrument.price_decimals },
      decimal(instrument.contract_size),
    );
    const quantity =
      instrument.kind === 'inverse'
        ? divide(
            multiply(money, { units: price, decimals: instrument.price_decimals }),
            decimal(instrument.contract_size),
            instrument.quantity_decimals,
          )
        : divide(money, contract, instrument.quantity_decimals);
    const lots = floorTo(quantity.units, gridOf(instrument).lot);
    ticket.set({ quantity: toText(lots > 0n ? lots : gridOf(instrument).lot, instrument.quantity_decimals) });
  };
  return (
    <div className="shares" role="group" aria-label={t('ticket.share')}>
      {kShares.map((share) => (
        <button type="button" key={share} onClick={() => fill(share)} title={t('ticket.share')}>
          {share}%
        </button>
      ))}
    </div>
  );
}

function Value({ instrument, state }: { instrument: Instrument; state: TicketState }) {
  const t = useT();
  const account = useCalm((live) => live.account);
  const price = useReference(state, instrument);
  const quantity = parseDecimal(state.quantity.replaceAll(',', '') || 'x');
  const tick = price === null ? null : tickAt(gridOf(instrument), price);
  return (
    <dl className="value">
      <div>
        <dt>{t('ticket.value')}</dt>
        <dd className="num">
          {price === null || quantity === null ? '–' : valueText(instrument, price, quantity)}
        </dd>
      </div>
      <div>
        <dt>{t('ticket.available')}</dt>
        <dd className="num">
          {account
            ? `${format(decimal(account.available), { decimals: currencyDecimals(account.currency) })} ${account.currency}`
            : '–'}
        </dd>
      </div>
      <div>
        <dt>{t('ticket.grid')}</dt>
        <dd className="num">
          {tick === null ? '–' : formatUnits(tick, instrument.price_decimals)} / {instrument.lot}
        </dd>
      </div>
    </dl>
  );
}

function valueText(
  instrument: Instrument,
  price: bigint,
  quantity: { units: bigint; decimals: number },
): string {
  const at = { units: price, decimals: instrument.price_decimals };
  const contracts = multiply(quantity, decimal(instrument.contract_size));
  const digits = currencyDecimals(instrument.settlement);
  const value =
    instrument.kind === 'inverse'
      ? price === 0n
        ? null
        : divide(contracts, at, digits)
      : multiply(contracts, at);
  return value ? `≈ ${format(value, { decimals: digits })} ${instrument.settlement}` : '–';
}
