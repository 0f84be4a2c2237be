// The backtests that lie beside the session, newest first, each with its tear sheet. Read when the table is opened.
import { useEffect, useState } from 'react';
import { format, multiply, parseDecimal, round, signOf } from '../money/decimal';
import { formatDate } from '../money/time';
import { useApp, useT } from '../shell/app';
import type { RunCard } from '../wire/types';
import { type Column, VirtualTable } from './VirtualTable';

const kHundred = { units: 100n, decimals: 0 };

export function RunsTable() {
  const t = useT();
  const { api } = useApp();
  const [runs, setRuns] = useState<readonly RunCard[] | null>(null);
  const [fault, setFault] = useState('');
  const [asked, setAsked] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked again by the button
  useEffect(() => {
    let gone = false;
    api
      .runs()
      .then((answer) => !gone && setRuns(answer.runs))
      .catch((error: unknown) => !gone && setFault(error instanceof Error ? error.message : String(error)));
    return () => {
      gone = true;
    };
  }, [api, asked]);

  const columns: Column<RunCard>[] = [
    { key: 'strategy', title: t('runs.strategy'), cell: (r) => <b>{r.strategy}</b> },
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

/** A fraction of the API as per cent. */
function Percent({ text, signed = false }: { text: string | null; signed?: boolean }) {
  const value = text === null ? null : parseDecimal(text);
  if (value === null) return text ?? '–';
  const percent = round(multiply(value, kHundred), 2);
  const sign = signOf(percent);
  return (
    <span className={!signed || sign === 0 ? '' : sign > 0 ? 'up' : 'down'}>
      {format(percent, { plus: signed })} %
    </span>
  );
}
