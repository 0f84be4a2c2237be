// The tape: public trades, newest first, with a filter for small ones.
import { memo, useRef, useState } from 'react';
import { formatUnits, pow10, toText } from '../money/decimal';
import { formatTime } from '../money/time';
import { OpenAlone } from '../shell/alone';
import { useInstrument, useLive, usePrefs, useT } from '../shell/app';
import type { Zone } from '../state/prefs';
import type { PublicTrade } from '../wire/frame';
import { useHeight } from './useHeight';

const kRow = 18;

export function TapePanel() {
  const t = useT();
  const instrument = useInstrument();
  const { trades, leftOut } = useLive((state) => state.tape);
  const { zone } = usePrefs();
  const body = useRef<HTMLDivElement>(null);
  const rows = Math.max(1, Math.floor(useHeight(body) / kRow));
  const [least, setLeast] = useState(0n);
  const lot = pow10(instrument?.quantity_decimals ?? 0);
  const sizes = [0n, lot / 100n, lot / 10n, lot, lot * 10n].filter((size, i) => i === 0 || size > 0n);
  const shown = trades
    .filter((trade) => trade.quantity >= least)
    .slice(-rows)
    .reverse();
  return (
    <section className="panel tape" aria-label={t('tape.title')} data-testid="tape">
      <header>
        <h2>{t('tape.title')}</h2>
        {leftOut && <span className="chip warn">{t('tape.left_out')}</span>}
        <select
          aria-label={t('tape.least')}
          title={t('tape.least')}
          value={String(least)}
          onChange={(event) => setLeast(BigInt(event.target.value))}
        >
          {sizes.map((size) => (
            <option key={size} value={String(size)}>
              {size === 0n ? t('tape.all') : `≥ ${toText(size, instrument?.quantity_decimals ?? 0)}`}
            </option>
          ))}
        </select>
        <OpenAlone panel="tape" />
      </header>
      <div className="rows" ref={body}>
        {instrument &&
          shown.map((trade, i) => (
            <Row
              key={i} // a row of the screen, not a trade: texts change, elements stay
              trade={trade}
              priceDecimals={instrument.price_decimals}
              quantityDecimals={instrument.quantity_decimals}
              zone={zone}
            />
          ))}
        {shown.length === 0 && <p className="empty">{t('tape.none')}</p>}
      </div>
    </section>
  );
}

interface RowProps {
  trade: PublicTrade;
  priceDecimals: number;
  quantityDecimals: number;
  zone: Zone;
}

const Row = memo(({ trade, priceDecimals, quantityDecimals, zone }: RowProps) => {
  const tone = trade.taker === 'buy' ? 'up' : trade.taker === 'sell' ? 'down' : '';
  return (
    <div className={`trade ${tone}`}>
      <span className="num muted">{formatTime(trade.time, zone)}</span>
      <span className="num price">
        <i aria-hidden="true">{tone === 'up' ? '▲' : tone === 'down' ? '▼' : '·'}</i>
        {formatUnits(trade.price, priceDecimals)}
      </span>
      <span className="num">{formatUnits(trade.quantity, quantityDecimals)}</span>
    </div>
  );
});
