// The backtests that lie beside the session, newest first, each with its curve and its tear sheet. Read when the table is opened.
import { lazy, Suspense, useEffect, useState } from 'react';
import { format, parseDecimal } from '../money/decimal';
import { formatDate } from '../money/time';
import { useApp, useLive, useT } from '../shell/app';
import { Percent } from '../shell/Percent';
import type { RunCard } from '../wire/types';
import { type Column, VirtualTable } from './VirtualTable';

const RunDialog = lazy(() => import('./RunDialog'));

export function RunsTable() {
  const t = useT();
  const { api } = useApp();
  const [runs, setRuns] = useState<readonly RunCard[] | null>(null);
  const [fault, setFault] = useState('');
  const [asked, setAsked] = useState(0);
  const [shown, setShown] = useState<RunCard | null>(null);
  const connected = useLive((state) => state.connection.link === 'open'); // before that nobody is logged in
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked again by the button
  useEffect(() => {
    if (!connected) return;
    let gone = false;
    setFault('');
    api
      .runs()
      .then((answer) => !gone && setRuns(answer.runs))
      .catch((error: unknown) => !gone && setFault(error instanceof Error ? error.message : String(error)));
    return () => {
      gone = true;
    };
  }, [api, asked, connected]);

  const columns: Column<RunCard>[] = [
    {
      key: 'strategy',
      title: t('runs.strategy'),
      cell: (r) => (
        <button type="button" className="row-open" onClick={() => setShown(r)} title={t('runs.show')}>
          {r.strategy}
          <span className="sr-only"> {r.run_id}</span>
        </button>
      ),
    },
    { key: 'instruments', title: t('common.symbol'), cell: (r) => r.instruments.join(', ') },
    {
      key: 'period',
      title: t('runs.period'),
      cell: (r) => (
        <span className="num">
          {formatDate(r.from_time_ns, 'utc')} – {formatDate(r.to_time_ns, 'utc')}
        </span>
      ),
    },
    {
      key: 'return',
      title: t('runs.return'),
      numeric: true,
      cell: (r) => <Percent text={r.total_return} signed />,
    },
    {
      key: 'band',
      title: t('runs.band'),
      numeric: true,
      cell: (r) => <Band run={r} />,
    },
    {
      key: 'drawdown',
      title: t('runs.drawdown'),
      numeric: true,
      cell: (r) => <Percent text={r.max_drawdown} />,
    },
    {
      key: 'sharpe',
      title: t('runs.sharpe'),
      numeric: true,
      cell: (r) => {
        const value = r.sharpe_ratio === null ? null : parseDecimal(r.sharpe_ratio);
        return value === null ? (r.sharpe_ratio ?? '–') : format(value, { decimals: 2 });
      },
    },
    { key: 'trades', title: t('runs.trades'), numeric: true, cell: (r) => r.trades ?? '–' },
    {
      key: 'report',
      title: '',
      cell: (r) =>
        r.report && (
          <a className="row-link" href={r.report} target="_blank" rel="noopener noreferrer">
            {t('runs.report')}
            <span className="sr-only"> {r.run_id}</span>
          </a>
        ),
    },
    { key: 'id', title: t('runs.id'), cell: (r) => <span className="muted">{r.run_id}</span> },
  ];
  return (
    <div className="filtered">
      <div className="filters">
        <button type="button" onClick={() => setAsked(asked + 1)}>
          {t('runs.reload')}
        </button>
        <span className="muted">
          {t('runs.make')} <code>stom backtest run --strategy NAME --instrument ID</code>
        </span>
        {fault && (
          <span className="fault" role="alert">
            {fault}
          </span>
        )}
      </div>
      <VirtualTable
        label={t('tab.runs')}
        empty={runs === null ? t('common.waiting') : t('runs.none')}
        columns={columns}
        rows={runs ?? []}
        rowKey={(r) => r.run_id}
        rowData={(r) => ({ 'data-run': r.run_id })}
      />
      {shown && (
        <Suspense fallback={null}>
          <RunDialog
            run={shown}
            newer={runs?.[runs.indexOf(shown) - 1]}
            older={runs?.[runs.indexOf(shown) + 1]}
            onShow={setShown}
            onClose={() => setShown(null)}
          />
        </Suspense>
      )}
    </div>
  );
}

/** Between which returns the run lies, by what is assumed of its place in the queue. */
function Band({ run }: { run: RunCard }) {
  const t = useT();
  if (run.pessimistic_return === null || run.optimistic_return === null) return '–';
  return (
    <span className="muted" title={t('runs.band.why')}>
      <Percent text={run.pessimistic_return} signed /> … <Percent text={run.optimistic_return} signed />
    </span>
  );
}
