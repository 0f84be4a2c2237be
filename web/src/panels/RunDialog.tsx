// A stored backtest: its equity in the band between the queue models, its drawdown on the same time axis, and its figures.
// Every number is the run folder's own text; the pointer, a finger or the arrow keys read it off row by row.
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import {
  amountLabels,
  axisLook,
  padded,
  percentLabels,
  timeLabels,
  widthOf,
  zoneOptions,
} from '../chart/axes';
import { lookOf } from '../chart/look';
import type { Key } from '../i18n/translate';
import { format, formatText, multiply, parseDecimal } from '../money/decimal';
import { formatDate, formatStamp, formatTime } from '../money/time';
import { useApp, usePrefs, useT } from '../shell/app';
import { Money } from '../shell/Money';
import { Percent } from '../shell/Percent';
import type { Zone } from '../state/prefs';
import { type DrawnCurve, drawn } from '../state/run_curve';
import type { RunCard, RunCurve } from '../wire/types';

interface Props {
  readonly run: RunCard;
  readonly newer: RunCard | undefined;
  readonly older: RunCard | undefined;
  readonly onShow: (run: RunCard) => void;
  readonly onClose: () => void;
}

export default function RunDialog({ run, newer, older, onShow, onClose }: Props) {
  const t = useT();
  const { zone } = usePrefs();
  const dialog = useRef<HTMLDialogElement>(null);
  const { curve, fault } = useCurve(run.run_id);
  useEffect(() => dialog.current?.showModal(), []);
  const turn = (event: KeyboardEvent) => {
    const next = event.key === '[' ? newer : event.key === ']' ? older : undefined;
    if (next) onShow(next);
  };
  return (
    <dialog ref={dialog} className="help run" aria-labelledby="run-title" onClose={onClose} onKeyDown={turn}>
      <header>
        <div>
          <h2 id="run-title">
            {run.strategy} <small>{run.instruments.join(', ')}</small>
          </h2>
          <p className="muted">
            <span className="num">{periodOf(run, zone)}</span> {zone === 'utc' && 'UTC'}
            {run.interrupted && <span className="chip warn">{t('run.interrupted')}</span>}
          </p>
        </div>
        <span className="spring" />
        <nav aria-label={t('tab.runs')}>
          <button type="button" disabled={!newer} onClick={() => newer && onShow(newer)} title="[">
            ‹ {t('run.newer')}
          </button>
          <button type="button" disabled={!older} onClick={() => older && onShow(older)} title="]">
            {t('run.older')} ›
          </button>
        </nav>
        <button type="button" onClick={() => dialog.current?.close()} aria-label={t('common.close')}>
          ×
        </button>
      </header>
      <Figures run={run} statistics={curve?.statistics ?? {}} />
      {curve && curve.points.length > 0 && <Charts key={run.run_id} curve={curve} />}
      {curve?.points.length === 0 && <p className="empty">{t('run.empty')}</p>}
      {!curve && (
        <p className={fault ? 'empty fault' : 'empty'} role={fault ? 'alert' : 'status'}>
          {fault || t('common.waiting')}
        </p>
      )}
      <footer>
        <span className="num">{run.run_id}</span>
        {curve && <span>{rowsText(curve, t)}</span>}
        <span className="spring" />
        {run.report && (
          <a className="row-link" href={run.report} target="_blank" rel="noopener noreferrer">
            {t('run.report')}
          </a>
        )}
      </footer>
    </dialog>
  );
}

function useCurve(run: string): { curve: RunCurve | null; fault: string } {
  const { api } = useApp();
  const [answer, setAnswer] = useState<{ run: string; curve: RunCurve | null; fault: string } | null>(null);
  useEffect(() => {
    let gone = false;
    const tell = (curve: RunCurve | null, fault: string) => !gone && setAnswer({ run, curve, fault });
    api
      .runCurve(run)
      .then((curve) => tell(curve, ''))
      .catch((error: unknown) => tell(null, error instanceof Error ? error.message : String(error)));
    return () => {
      gone = true;
    };
  }, [api, run]);
  return answer?.run === run ? answer : { curve: null, fault: '' };
}

function periodOf(run: RunCard, zone: Zone): string {
  const [from, to] = [run.from_time_ns, run.to_time_ns].map((time) => [
    formatDate(time, zone),
    formatTime(time, zone, 0),
  ]) as [[string, string], [string, string]];
  return `${from.join(' ')} – ${to[0] === from[0] ? to[1] : to.join(' ')}`;
}

function rowsText(curve: RunCurve, t: ReturnType<typeof useT>): string {
  const rows = formatText(curve.rows);
  if (curve.points.length === Number(curve.rows)) return t('run.rows', { rows });
  return t('run.rows_thinned', { rows, points: formatText(String(curve.points.length)) });
}

function Figures({ run, statistics }: { run: RunCard; statistics: RunCurve['statistics'] }) {
  const t = useT();
  const number = (key: string, decimals: number) => {
    const value = parseDecimal(statistics[key] ?? '');
    return value ? format(value, { decimals }) : '–';
  };
  const figures: [Key, React.ReactNode][] = [
    ['runs.return', <Percent key="r" text={run.total_return} signed />],
    ['runs.drawdown', <Percent key="d" text={run.max_drawdown} />],
    ['runs.sharpe', number('sharpe_ratio', 2)],
    ['runs.trades', run.trades ?? '–'],
    ['run.win_rate', <Percent key="w" text={statistics.win_rate ?? null} />],
    ['run.profit_factor', number('profit_factor', 2)],
    [
      'run.fees',
      statistics.fees_paid ? <Money key="f" text={statistics.fees_paid} currency={run.currency} /> : '–',
    ],
  ];
  return (
    <dl className="figures">
      {figures.map(([name, figure]) => (
        <div key={name}>
          <dt>{t(name)}</dt>
          <dd className="num">{figure}</dd>
        </div>
      ))}
      {run.pessimistic_return !== null && run.optimistic_return !== null && (
        <div className="wide" title={t('runs.band.why')}>
          <dt>{t('run.by_queue')}</dt>
          <dd className="num">
            <Percent text={run.pessimistic_return} signed /> … <Percent text={run.optimistic_return} signed />
          </dd>
        </div>
      )}
    </dl>
  );
}

function Charts({ curve }: { curve: RunCurve }) {
  const t = useT();
  const { theme, language, zone } = usePrefs();
  const lines = useMemo(() => drawn(curve), [curve]);
  const top = useRef<HTMLDivElement>(null);
  const bottom = useRef<HTMLDivElement>(null);
  const pointer = useRef<Pointer | null>(null);
  const last = curve.points.length - 1;
  const [at, setAt] = useState(last);

  // biome-ignore lint/correctness/useExhaustiveDependencies: theme and language change the look through CSS
  useEffect(() => {
    if (!top.current || !bottom.current) return;
    const made = draw(top.current, bottom.current, lines, zone, (index) => setAt(index ?? last));
    pointer.current = made;
    return () => made.dispose();
  }, [lines, theme, language, zone, last]);

  const step = (event: KeyboardEvent) => {
    const page = Math.max(1, Math.round(last / 20));
    const to: Record<string, number> = {
      ArrowLeft: at - 1,
      ArrowRight: at + 1,
      PageDown: at - page,
      PageUp: at + page,
      Home: 0,
      End: last,
    };
    const wanted = to[event.key];
    if (wanted === undefined) return;
    event.preventDefault();
    pointer.current?.show(Math.max(0, Math.min(last, wanted)));
  };
  const [time, equity, drawdown, pessimistic, optimistic] = curve.points[at] as RunCurve['points'][number];
  const amount = (text: string) => `${formatText(text)} ${curve.currency}`;
  const fall = `${format(multiply(parseDecimal(drawdown) ?? kNone, kMinusHundred), { atMost: 6 })} %`;
  return (
    <div
      className="charts"
      role="slider"
      tabIndex={0}
      aria-label={t('run.read')}
      aria-valuemin={0}
      aria-valuemax={last}
      aria-valuenow={at}
      aria-valuetext={`${formatStamp(time, zone)}: ${amount(equity)}, ${t('run.drawdown')} ${fall}`}
      onKeyDown={step}
      data-testid="run-curve"
      data-points={curve.points.length}
      data-rows={curve.rows}
    >
      <div
        className="reading num"
        data-testid="run-reading"
        data-time={time}
        data-equity={equity}
        data-drawdown={drawdown}
        data-pessimistic={pessimistic ?? ''}
        data-optimistic={optimistic ?? ''}
      >
        <span className="muted">{formatStamp(time, zone)}</span>
        <span>
          <i className="key line" aria-hidden="true" />
          {t('run.equity')} <b>{amount(equity)}</b>
        </span>
        {pessimistic !== null && optimistic !== null ? (
          <span title={t('runs.band.why')}>
            <i className="key band" aria-hidden="true" />
            {t('run.pessimistic')} <b>{formatText(pessimistic)}</b> · {t('run.optimistic')}{' '}
            <b>{formatText(optimistic)}</b>
          </span>
        ) : (
          <span className="muted">{t('run.no_band')}</span>
        )}
        <span>
          <i className="key fall" aria-hidden="true" />
          {t('run.drawdown')} <b>{fall}</b>
        </span>
      </div>
      <div className="plot equity-plot" ref={top} />
      <div className="plot fall-plot" ref={bottom} />
    </div>
  );
}

const kMinusHundred = { units: -100n, decimals: 0 };
const kNone = { units: 0n, decimals: 0 };

interface Pointer {
  /** Puts the pointer on that point, even where a pixel holds several. */
  show(index: number): void;
  dispose(): void;
}

const kTimeRoom = 46; // two lines
const kPadding: uPlot.Padding = [8, 0, 0, 10];

/** A line at what the run began with. */
function dashed(plot: uPlot, value: number, color: string): void {
  const { ctx, bbox } = plot;
  const y = Math.round(plot.valToPos(value, 'y', true));
  if (y < bbox.top || y > bbox.top + bbox.height) return;
  ctx.save();
  ctx.strokeStyle = color;
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([4 * devicePixelRatio, 4 * devicePixelRatio]);
  ctx.beginPath();
  ctx.moveTo(bbox.left, y);
  ctx.lineTo(bbox.left + bbox.width, y);
  ctx.stroke();
  ctx.restore();
}

/** Equity above, drawdown below; one pointer and one time range for both. */
function draw(
  top: HTMLElement,
  bottom: HTMLElement,
  lines: DrawnCurve,
  zone: Zone,
  onPoint: (index: number | null) => void,
): Pointer {
  const look = lookOf(document.documentElement);
  const axis = axisLook(look);
  const sync = uPlot.sync('run');
  let chosen: number | null = null; // by key: the pixel alone would not tell
  const common = (element: HTMLElement, drawAxes: ((plot: uPlot) => void)[] = []) => ({
    width: element.clientWidth,
    height: element.clientHeight,
    padding: kPadding,
    legend: { show: false },
    cursor: { y: false, points: { size: 6 }, sync: { key: sync.key }, drag: { x: true, y: false } },
    hooks: { drawAxes, setCursor: [(plot: uPlot) => onPoint(chosen ?? plot.cursor.idx ?? null)] },
    ...zoneOptions(zone),
  });
  // Both leave the same room for their labels, so that a time stands at the same place in both.
  let room = 0;
  const size = (_: uPlot, labels: string[] | null) => {
    room = Math.max(room, widthOf(labels));
    return room;
  };
  const time = (values: boolean): uPlot.Axis => ({
    ...axis,
    size: values ? kTimeRoom : 8,
    values: (_, ticks, _axis, _space, step) => (values ? timeLabels(ticks, step, zone) : ticks.map(() => '')),
  });
  const few = lines.seconds.length < 3;
  const banded = lines.least.length > 0;
  const edge = { stroke: `${look.accent}66`, width: 1, points: { show: false } };
  const equity = new uPlot(
    {
      ...common(top, [(plot) => dashed(plot, lines.initial, look.muted)]),
      axes: [
        time(false),
        { ...axis, size, side: 1, values: (_, ticks, _axis, _space, step) => amountLabels(ticks, step) },
      ],
      series: [
        {},
        ...(banded ? [edge, edge] : []),
        { stroke: look.accent, width: 1.5, points: { show: few } },
      ],
      ...(banded ? { bands: [{ series: [2, 1], fill: `${look.accent}2e` }] } : {}),
      scales: { y: { range: (_, least, most) => padded(least, most) } },
    },
    [lines.seconds, ...(banded ? [lines.least, lines.greatest] : []), lines.equity],
    top,
  );
  const fall = new uPlot(
    {
      ...common(bottom),
      axes: [
        time(true),
        {
          ...axis,
          size,
          side: 1,
          space: 24,
          values: (_, ticks, _axis, _space, step) => percentLabels(ticks, step),
        },
      ],
      series: [{}, { stroke: look.down, width: 1, fill: `${look.down}33`, points: { show: few } }],
      scales: { y: { range: (_, least) => [Math.min(least, -1e-8) * 1.08, 0] } },
    },
    [lines.seconds, lines.fall],
    bottom,
  );
  sync.sub(equity);
  sync.sub(fall);
  equity.redraw(false, true); // now that the room of both is known

  const resize = () => {
    equity.setSize({ width: top.clientWidth, height: top.clientHeight });
    fall.setSize({ width: bottom.clientWidth, height: bottom.clientHeight });
  };
  const observer = new ResizeObserver(resize);
  observer.observe(top);
  observer.observe(bottom);
  const touch = (event: PointerEvent) => {
    if (event.pointerType !== 'touch') return;
    const left = event.clientX - equity.over.getBoundingClientRect().left;
    equity.setCursor({ left, top: 1 });
  };
  const touched = [top, bottom];
  for (const element of touched) {
    element.addEventListener('pointerdown', touch);
    element.addEventListener('pointermove', touch);
  }
  return {
    show(index) {
      chosen = index;
      const left = equity.valToPos(lines.seconds[index] as number, 'x');
      equity.setCursor({ left, top: 1 });
      chosen = null;
      onPoint(index); // also where the pointer stays in its pixel
    },
    dispose() {
      observer.disconnect();
      for (const element of touched) {
        element.removeEventListener('pointerdown', touch);
        element.removeEventListener('pointermove', touch);
      }
      sync.unsub(equity);
      sync.unsub(fall);
      equity.destroy();
      fall.destroy();
    },
  };
}
