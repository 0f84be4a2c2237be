// The ladder: asks above, bids below, depth as bars, own orders marked. A click puts the price into the ticket; under the
// mouse the prices stand still, so that a click hits what was aimed at.
import { memo, useMemo, useRef, useState } from 'react';
import { decimalsThatFit, formatUnits, parseUnits, toText } from '../money/decimal';
import { gridOf, tickAt } from '../money/ladder';
import { OpenAlone } from '../shell/alone';
import { useApp, useCalm, useInstrument, useLive, usePrefs, useT } from '../shell/app';
import { imbalance, type LadderRow, ladder } from '../state/book';
import { type Instrument, isOpen, type Order } from '../wire/types';
import { useHeight } from './useHeight';

const kRow = 20;
export const kGroupings = [1n, 2n, 5n, 10n, 50n, 100n] as const;

interface Frozen {
  readonly bids: readonly bigint[];
  readonly asks: readonly bigint[];
}

export function BookPanel() {
  const t = useT();
  const instrument = useInstrument();
  return (
    <section className="panel book" aria-label={t('book.title')} data-testid="book">
      <header>
        <h2>{t('book.title')}</h2>
        {instrument && <Grouping instrument={instrument} />}
        <OpenAlone panel="book" />
      </header>
      {instrument ? <Ladder instrument={instrument} /> : <p className="empty">{t('common.waiting')}</p>}
    </section>
  );
}

function Grouping({ instrument }: { instrument: Instrument }) {
  const t = useT();
  const { prefs } = useApp();
  const { grouping } = usePrefs();
  const grid = useMemo(() => gridOf(instrument), [instrument]);
  const tick = useLive((state) => tickAt(grid, state.book.bids[0]?.price ?? 0n));
  return (
    <select
      aria-label={t('book.group')}
      title={`${t('book.group')} (+ / −)`}
      value={grouping}
      onChange={(event) => prefs.set({ grouping: Number(event.target.value) })}
    >
      {kGroupings.map((factor, i) => (
        <option key={factor} value={i}>
          {formatUnits(tick * factor, instrument.price_decimals)}
        </option>
      ))}
    </select>
  );
}

function Ladder({ instrument }: { instrument: Instrument }) {
  const t = useT();
  const { ticket } = useApp();
  const book = useLive((state) => state.book);
  const own = useOwnOrders(instrument);
  const body = useRef<HTMLDivElement>(null);
  const rows = Math.max(3, Math.min(50, Math.floor((useHeight(body) - 52) / (2 * kRow))));
  const { grouping } = usePrefs();
  const [frozen, setFrozen] = useState<Frozen | null>(null);
  const step = tickAt(gridOf(instrument), book.bids[0]?.price ?? 0n) * (kGroupings[grouping] ?? 1n);
  const bids = ladder(book.bids, step, rows, true);
  const asks = ladder(book.asks, step, rows, false);
  const most = [bids, asks]
    .map((side) => side[side.length - 1]?.cumulative ?? 0n)
    .reduce((a, b) => (a > b ? a : b));
  const largest = [...bids, ...asks].reduce((a, { quantity }) => (a > quantity ? a : quantity), 0n);
  const quantityDigits = { decimals: decimalsThatFit(largest, instrument.quantity_decimals) };
  const totalDigits = { decimals: decimalsThatFit(most, instrument.quantity_decimals) };
  const shownBids = frozen ? onPrices(bids, frozen.bids) : bids;
  const shownAsks = frozen ? onPrices(asks, frozen.asks) : asks;
  const pick = (price: bigint) =>
    ticket.set({ type: 'limit', price: toText(price, instrument.price_decimals) });
  const row = (level: LadderRow, side: 'bid' | 'ask', place: number) => (
    <Row
      key={place} // of the screen, not of the book: when prices move, texts change and elements stay
      side={side}
      price={level.price}
      priceText={formatUnits(level.price, instrument.price_decimals)}
      quantity={
        level.quantity === 0n ? '' : formatUnits(level.quantity, instrument.quantity_decimals, quantityDigits)
      }
      exact={level.quantity === 0n ? '' : formatUnits(level.quantity, instrument.quantity_decimals)}
      total={
        level.quantity === 0n ? '' : formatUnits(level.cumulative, instrument.quantity_decimals, totalDigits)
      }
      share={most === 0n ? 0 : Number((level.cumulative * 1000n) / most)}
      own={ownAt(own, level.price, step, side)}
      pick={pick}
    />
  );
  return (
    <div
      className={`ladder ${book.stale ? 'is-stale' : ''}`}
      ref={body}
      onPointerEnter={() => setFrozen({ bids: bids.map((l) => l.price), asks: asks.map((l) => l.price) })}
      onPointerLeave={() => setFrozen(null)}
    >
      <div className="headings" aria-hidden="true">
        <span>{t('common.price')}</span>
        <span>{t('common.quantity')}</span>
        <span>{t('book.total')}</span>
      </div>
      <div role="table" aria-label={t('book.title')}>
        <div className="asks" role="rowgroup">
          {shownAsks.map((level, i) => row(level, 'ask', i)).reverse()}
        </div>
        <Spread instrument={instrument} bids={bids} asks={asks} />
        <div className="bids" role="rowgroup">
          {shownBids.map((level, i) => row(level, 'bid', i))}
        </div>
      </div>
    </div>
  );
}

interface RowProps {
  side: 'bid' | 'ask';
  price: bigint;
  priceText: string;
  quantity: string;
  exact: string; // the quantity with all its digits
  total: string;
  share: number;
  own: string;
  pick: (price: bigint) => void;
}

/** Drawn again only when something in it changed: props are texts. */
const Row = memo(
  ({ side, price, priceText, quantity, exact, total, share, own, pick }: RowProps) => (
    <div className={`row ${side}`} role="row">
      <i className="bar" style={{ backgroundSize: `${share / 10}% 100%` }} aria-hidden="true" />
      <span role="cell" className="price num">
        <button type="button" tabIndex={-1} onClick={() => pick(price)}>
          {priceText}
        </button>
        {own && (
          <b className="own" title={own}>
            ● {own}
          </b>
        )}
      </span>
      <span role="cell" className="num" title={exact}>
        {quantity}
      </span>
      <span role="cell" className="num muted">
        {total}
      </span>
    </div>
  ),
  (a, b) =>
    a.priceText === b.priceText &&
    a.exact === b.exact &&
    a.quantity === b.quantity &&
    a.total === b.total &&
    a.share === b.share &&
    a.own === b.own &&
    a.side === b.side,
);

function Spread({
  instrument,
  bids,
  asks,
}: {
  instrument: Instrument;
  bids: LadderRow[];
  asks: LadderRow[];
}) {
  const t = useT();
  const book = useLive((state) => state.book);
  const bid = book.bids[0]?.price;
  const ask = book.asks[0]?.price;
  const share = imbalance(bids, asks);
  const bidPercent = Math.round(share / 10); // the asks have the rest, so that both add up to 100
  const text = (price: bigint | undefined) =>
    price === undefined ? '' : toText(price, instrument.price_decimals);
  return (
    <div className="spread" role="row" data-testid="best" data-bid={text(bid)} data-ask={text(ask)}>
      <span role="cell">
        {t('book.spread')}{' '}
        <b className="num">
          {bid !== undefined && ask !== undefined ? formatUnits(ask - bid, instrument.price_decimals) : '–'}
        </b>
      </span>
      <span role="cell" className="balance" title={t('book.imbalance')}>
        <span className="num up">{bidPercent}%</span>
        <i aria-hidden="true">
          <i style={{ transform: `scaleX(${share / 1000})` }} />
        </i>
        <span className="num down">{100 - bidPercent}%</span>
      </span>
    </div>
  );
}

function onPrices(rows: readonly LadderRow[], prices: readonly bigint[]): LadderRow[] {
  const found = new Map(rows.map((row) => [row.price, row]));
  return prices.map((price) => found.get(price) ?? { price, quantity: 0n, cumulative: 0n });
}

interface Own {
  readonly price: bigint;
  readonly side: Order['side'];
  readonly leaves: bigint;
}

function useOwnOrders(instrument: Instrument): readonly Own[] {
  const orders = useCalm((state) => state.orders);
  return useMemo(
    () =>
      orders
        .filter((order) => isOpen(order) && order.instrument === instrument.id && order.price !== null)
        .map((order) => ({
          price: parseUnits(order.price ?? '0', instrument.price_decimals) ?? 0n,
          side: order.side,
          leaves: parseUnits(order.leaves, instrument.quantity_decimals) ?? 0n,
        })),
    [orders, instrument],
  );
}

/** Own quantity that rests within this step of the ladder. */
function ownAt(own: readonly Own[], price: bigint, step: bigint, side: 'bid' | 'ask'): string {
  let count = 0;
  for (const order of own) {
    if ((order.side === 'buy') !== (side === 'bid')) continue;
    const rest = order.price % step;
    const at = rest === 0n ? order.price : side === 'bid' ? order.price - rest : order.price - rest + step;
    if (at === price) count += 1;
  }
  return count === 0 ? '' : String(count);
}
