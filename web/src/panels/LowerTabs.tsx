// Orders, positions, fills, log and stored backtests: the tables below the market.
import { type KeyboardEvent, useMemo } from 'react';
import { type Key, known, type Translate } from '../i18n/translate';
import { formatText } from '../money/decimal';
import { formatTime } from '../money/time';
import { OpenAlone } from '../shell/alone';
import { useApp, useCalm, usePrefs, useT } from '../shell/app';
import { Money } from '../shell/Money';
import type { OrderFilter, Tab } from '../state/prefs';
import { type Fill, isOpen, type Order, type Position, type Side } from '../wire/types';
import { Choices } from './Choices';
import { LogTable } from './LogTable';
import { RunsTable } from './RunsTable';
import { type Column, VirtualTable } from './VirtualTable';

const kTabs: readonly Tab[] = ['orders', 'positions', 'fills', 'log', 'runs'];
const kOrderFilters: readonly OrderFilter[] = ['all', 'open', 'manual'];

export function LowerTabs() {
  const t = useT();
  const { prefs } = useApp();
  const { tab } = usePrefs();
  const counts = useCounts();
  const turn = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    event.stopPropagation();
    const next = kTabs[(kTabs.indexOf(tab) + step + kTabs.length) % kTabs.length] ?? 'orders';
    prefs.set({ tab: next });
    document.getElementById(`tab-${next}`)?.focus();
  };
  return (
    <section className="panel lower" aria-label={t('lower.title')}>
      <div className="tabrow">
        <div className="tabs" role="tablist" onKeyDown={turn}>
          {kTabs.map((name) => (
            <button
              key={name}
              id={`tab-${name}`}
              type="button"
              role="tab"
              aria-selected={tab === name}
              aria-controls="lower-panel"
              tabIndex={tab === name ? 0 : -1}
              onClick={() => prefs.set({ tab: name })}
            >
              {t(`tab.${name}`)} {counts[name] !== null && <span className="count num">{counts[name]}</span>}
            </button>
          ))}
        </div>
        <OpenAlone panel="lower" />
      </div>
      <div className="tabpanel" role="tabpanel" id="lower-panel" aria-labelledby={`tab-${tab}`}>
        {tab === 'orders' && <Orders />}
        {tab === 'positions' && <Positions />}
        {tab === 'fills' && <Fills />}
        {tab === 'log' && <LogTable />}
        {tab === 'runs' && <RunsTable />}
      </div>
    </section>
  );
}

function useCounts(): Record<Tab, number | null> {
  const orders = useCalm((state) => state.orders.filter(isOpen).length);
  const positions = useCalm((state) => state.positions.length);
  const fills = useCalm((state) => Number(state.fills[state.fills.length - 1]?.fill_id ?? 0)); // numbered from 1 on
  return { orders, positions, fills, log: null, runs: null };
}

function SideMark({ side, t }: { side: Side; t: Translate }) {
  return (
    <span className={side === 'buy' ? 'up' : 'down'}>
      <i aria-hidden="true">{side === 'buy' ? '▲' : '▼'}</i>
      {t(`side.${side}`)}
    </span>
  );
}

const symbolOf = (instrument: string) => instrument.slice(instrument.indexOf(':') + 1);

/** The last digits tell orders apart; the whole number is in the tip. */
function OrderId({ id }: { id: string }) {
  return (
    <span className="muted" title={id}>
      {id.length > 7 ? `…${id.slice(-6)}` : id}
    </span>
  );
}

function Orders() {
  const t = useT();
  const { actions, prefs } = useApp();
  const { zone, orderFilter } = usePrefs();
  const all = useCalm((state) => state.orders);
  const orders = useMemo(() => all.filter((order) => isShown(order, orderFilter)), [all, orderFilter]);
  const columns: Column<Order>[] = [
    {
      key: 'time',
      title: t('common.time'),
      cell: (o) => <span className="num">{formatTime(o.created_time_ns, zone)}</span>,
    },
    { key: 'symbol', title: t('common.symbol'), cell: (o) => symbolOf(o.instrument) },
    { key: 'side', title: t('common.side'), cell: (o) => <SideMark side={o.side} t={t} /> },
    { key: 'type', title: t('order.type'), cell: (o) => typeText(o, t) },
    { key: 'price', title: t('common.price'), numeric: true, cell: (o) => formatText(o.price) },
    { key: 'quantity', title: t('common.quantity'), numeric: true, cell: (o) => formatText(o.quantity) },
    { key: 'filled', title: t('order.filled'), numeric: true, cell: (o) => formatText(o.filled) },
    {
      key: 'average',
      title: t('position.average'),
      numeric: true,
      cell: (o) => formatText(o.average_price, { atMost: 8 }),
    },
    { key: 'status', title: t('order.status'), cell: (o) => <Status order={o} t={t} /> },
    { key: 'source', title: t('order.source'), cell: (o) => t(`source.${o.source}`) },
    {
      key: 'id',
      title: t('order.id'),
      numeric: true,
      cell: (o) => <OrderId id={o.client_order_id} />,
    },
    {
      key: 'cancel',
      title: '',
      cell: (o) =>
        isOpen(o) && (
          <button
            type="button"
            className="row-action"
            onClick={() => void actions.cancel(o.client_order_id)}
            aria-label={`${t('order.cancel')} ${o.client_order_id}`}
          >
            {t('order.cancel')}
          </button>
        ),
    },
  ];
  return (
    <div className="filtered">
      <Choices
        label={t('order.filter')}
        options={kOrderFilters.map((filter) => [filter, t(`order.filter.${filter}`)])}
        chosen={orderFilter}
        choose={(filter) => prefs.set({ orderFilter: filter })}
      />
      <VirtualTable
        label={t('tab.orders')}
        empty={t(orderFilter === 'all' ? 'order.none' : 'order.none_such')}
        columns={columns}
        rows={orders}
        rowKey={(o, at) => (isOpen(o) ? o.client_order_id : at)}
        rowClass={(o) => (isOpen(o) ? 'open' : 'done')}
        rowData={(o) => ({
          'data-order': o.client_order_id,
          'data-status': o.status,
          'data-price': o.price ?? '',
          'data-quantity': o.quantity,
          'data-source': o.source,
        })}
      />
    </div>
  );
}

function isShown(order: Order, filter: OrderFilter): boolean {
  return filter === 'all' || (filter === 'open' ? isOpen(order) : order.source === 'manual');
}

function typeText(order: Order, t: Translate): string {
  const type = known('ticket', order.type);
  const words = [type ? t(type) : order.type];
  if (order.time_in_force !== 'gtc' && order.type !== 'market') words.push(order.time_in_force.toUpperCase());
  if (order.post_only) words.push(t('ticket.post_only'));
  if (order.reduce_only) words.push(t('ticket.reduce_only'));
  return words.join(' · ');
}

function Status({ order, t }: { order: Order; t: Translate }) {
  const reason = order.reason ? known('error', order.reason) : null;
  return (
    <span className={`status ${order.status}`} title={order.reason ?? undefined}>
      {t(`status.${order.status}` as Key)}
      {order.reason && <small> {reason ? t(reason) : order.reason}</small>}
    </span>
  );
}

function Positions() {
  const t = useT();
  const positions = useCalm((state) => state.positions);
  const columns: Column<Position>[] = [
    { key: 'symbol', title: t('common.symbol'), cell: (p) => symbolOf(p.instrument) },
    {
      key: 'quantity',
      title: t('common.quantity'),
      numeric: true,
      cell: (p) => formatText(p.quantity, { plus: true }),
    },
    {
      key: 'average',
      title: t('position.average'),
      numeric: true,
      cell: (p) => formatText(p.average_price, { atMost: 8 }),
    },
    {
      key: 'mark',
      title: t('position.mark'),
      numeric: true,
      cell: (p) => formatText(p.mark_price, { atMost: 8 }),
    },
    {
      key: 'unrealized',
      title: t('position.unrealized'),
      numeric: true,
      cell: (p) => <Money text={p.unrealized_pnl} currency={p.currency} signed />,
    },
    {
      key: 'realized',
      title: t('position.realized'),
      numeric: true,
      cell: (p) => <Money text={p.realized_pnl} currency={p.currency} signed />,
    },
    {
      key: 'fees',
      title: t('position.fees'),
      numeric: true,
      cell: (p) => <Money text={p.fees} currency={p.currency} />,
    },
    {
      key: 'funding',
      title: t('position.funding'),
      numeric: true,
      cell: (p) => <Money text={p.funding} currency={p.currency} signed />,
    },
    {
      key: 'liquidation',
      title: t('position.liquidation'),
      numeric: true,
      cell: (p) => formatText(p.liquidation_price, { atMost: 8 }),
    },
  ];
  return (
    <VirtualTable
      label={t('tab.positions')}
      empty={t('position.none')}
      columns={columns}
      rows={positions}
      rowKey={(p) => p.instrument}
    />
  );
}

function Fills() {
  const t = useT();
  const { zone } = usePrefs();
  const fills = useCalm((state) => state.fills);
  const rows = useMemo(() => fills.slice().reverse(), [fills]);
  const columns: Column<Fill>[] = [
    {
      key: 'time',
      title: t('common.time'),
      cell: (f) => <span className="num">{formatTime(f.time_ns, zone)}</span>,
    },
    { key: 'symbol', title: t('common.symbol'), cell: (f) => symbolOf(f.instrument) },
    { key: 'side', title: t('common.side'), cell: (f) => <SideMark side={f.side} t={t} /> },
    { key: 'price', title: t('common.price'), numeric: true, cell: (f) => formatText(f.price) },
    { key: 'quantity', title: t('common.quantity'), numeric: true, cell: (f) => formatText(f.quantity) },
    {
      key: 'fee',
      title: t('fill.fee'),
      numeric: true,
      cell: (f) => `${formatText(f.fee, { atMost: 8 })} ${f.fee_currency}`,
    },
    { key: 'liquidity', title: t('fill.liquidity'), cell: (f) => t(`fill.${f.liquidity}`) },
    { key: 'source', title: t('order.source'), cell: (f) => t(`source.${f.source}`) },
    {
      key: 'order',
      title: t('order.id'),
      numeric: true,
      cell: (f) => <OrderId id={f.client_order_id} />,
    },
  ];
  return (
    <VirtualTable
      label={t('tab.fills')}
      empty={t('fill.none')}
      columns={columns}
      rows={rows}
      rowKey={(_, at) => at}
    />
  );
}
