// The position in the looked-at instrument, and the way out of it. Flatten takes two presses; what they do is said between.
import { useEffect, useState } from 'react';
import { decimal, formatText, isZero, signOf } from '../money/decimal';
import { useApp, useCalm, useInstrument, useLive, useT } from '../shell/app';
import { Money } from '../shell/Money';
import { isOpen } from '../wire/types';

export function PositionPanel() {
  const t = useT();
  const instrument = useInstrument();
  const position = useLive((state) => state.positions.find((held) => held.instrument === instrument?.id));
  const held = position?.quantity ?? '0';
  const sign = signOf(decimal(held));
  const side = sign > 0 ? 'long' : sign < 0 ? 'short' : 'flat';
  return (
    <section className="panel position" aria-label={t('position.title')} data-testid="position">
      <header>
        <h2>{t('position.title')}</h2>
        <span className={`chip ${side}`}>{t(`position.${side}`)}</span>
      </header>
      <dl>
        <div>
          <dt>{t('common.quantity')}</dt>
          <dd className="num big" data-testid="position-quantity" data-value={held}>
            {formatText(held, { plus: true })}{' '}
            <small>{instrument?.kind === 'inverse' ? t('ticket.contracts') : instrument?.base}</small>
          </dd>
        </div>
        <div>
          <dt>{t('position.average')}</dt>
          <dd className="num" data-testid="position-average" data-value={position?.average_price ?? ''}>
            {formatText(position?.average_price, { atMost: (instrument?.price_decimals ?? 0) + 2 })}
          </dd>
        </div>
        <div>
          <dt>{t('position.mark')}</dt>
          <dd className="num">
            {formatText(position?.mark_price, { atMost: (instrument?.price_decimals ?? 0) + 2 })}
          </dd>
        </div>
        <div>
          <dt>{t('position.unrealized')}</dt>
          <dd className="num">
            {position ? <Money text={position.unrealized_pnl} currency={position.currency} signed /> : '–'}
          </dd>
        </div>
        <div>
          <dt>{t('position.realized')}</dt>
          <dd className="num">
            {position ? <Money text={position.realized_pnl} currency={position.currency} signed /> : '–'}
          </dd>
        </div>
        <div>
          <dt>{t('position.fees')}</dt>
          <dd className="num">
            {position ? <Money text={position.fees} currency={position.currency} /> : '–'}
          </dd>
        </div>
      </dl>
      <Exits flat={isZero(decimal(held))} />
    </section>
  );
}

const kSureMs = 4_000;

function Exits({ flat }: { flat: boolean }) {
  const t = useT();
  const { actions } = useApp();
  const instrument = useInstrument();
  const open = useCalm((state) => state.orders.filter(isOpen).length);
  const mine = useCalm((state) => state.orders.filter((o) => isOpen(o) && o.source === 'manual').length);
  const [sure, setSure] = useState(false);
  useEffect(() => {
    if (!sure) return;
    const timer = setTimeout(() => setSure(false), kSureMs);
    return () => clearTimeout(timer);
  }, [sure]);
  const press = () => {
    setSure(!sure);
    if (sure) void actions.flatten(instrument?.id ?? null);
  };
  return (
    <div className="exits">
      <button
        type="button"
        onClick={() => void actions.cancelAll()}
        disabled={mine === 0}
        data-testid="cancel-all"
      >
        {t('position.cancel_mine')}
      </button>
      <button
        type="button"
        className={`flatten ${sure ? 'sure' : ''}`}
        onClick={press}
        disabled={flat && open === 0}
        data-testid="flatten"
        title={t('position.flatten.why')}
      >
        {t(sure ? 'position.flatten_sure' : 'position.flatten')}
      </button>
    </div>
  );
}
