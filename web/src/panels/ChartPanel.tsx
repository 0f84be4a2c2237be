// Candles with trade marks, open orders and the position. React only places the chart; bars go to the engine directly.
import { useEffect, useMemo, useRef, useState } from 'react';
import type { ChartEngine, LoadOlder } from '../chart/engine';
import { createEngine } from '../chart/klinecharts_engine';
import { lookOf } from '../chart/look';
import { FillMarks, linesOf } from '../chart/marks';
import { kChartEvents } from '../keys/keys';
import { formatUnits, parseUnits } from '../money/decimal';
import { formatStamp } from '../money/time';
import { OpenAlone } from '../shell/alone';
import { type App, useApp, useInstrument, useLive, usePrefs, useT } from '../shell/app';
import type { LiveState } from '../state/live';
import { kIntervals } from '../state/prefs';
import type { Bar } from '../wire/frame';
import type { CandleRow, Instrument } from '../wire/types';
import { TableHead } from './TableHead';

export default function ChartPanel() {
  const t = useT();
  const { prefs } = useApp();
  const { interval, strategyMarks } = usePrefs();
  const instrument = useInstrument();
  const [table, setTable] = useState(false);
  return (
    <section className="panel chart" aria-label={t('chart.title')} data-testid="chart">
      <header>
        <h2 className="sr-only">{t('chart.title')}</h2>
        <div className="intervals" role="group" aria-label={t('chart.interval')}>
          {kIntervals.map((name, i) => (
            <button
              key={name}
              type="button"
              aria-pressed={interval === name}
              onClick={() => prefs.set({ interval: name })}
              title={`${i + 1}`}
            >
              {name}
            </button>
          ))}
        </div>
        <span className="spring" />
        <label className="check">
          <input
            type="checkbox"
            checked={strategyMarks}
            onChange={(event) => prefs.set({ strategyMarks: event.target.checked })}
          />
          {t('chart.strategy_marks')}
        </label>
        <button type="button" onClick={() => window.dispatchEvent(new Event(kChartEvents.fit))} title="F">
          {t('chart.fit')}
        </button>
        <button type="button" aria-pressed={table} onClick={() => setTable(!table)}>
          {t('chart.table')}
        </button>
        <OpenAlone panel="chart" />
      </header>
      {instrument && table && <BarTable instrument={instrument} />}
      {instrument && <Canvas instrument={instrument} hidden={table} />}
    </section>
  );
}

function Canvas({ instrument, hidden }: { instrument: Instrument; hidden: boolean }) {
  const t = useT();
  const app = useApp();
  const place = useRef<HTMLDivElement>(null);
  const [engine, setEngine] = useState<ChartEngine | null>(null);
  const { interval, theme, language, zone } = usePrefs();

  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const made = createEngine(element, olderBars(app, instrument, interval));
    made.setSeries({
      name: instrument.id,
      interval,
      priceDecimals: instrument.price_decimals,
      quantityDecimals: instrument.quantity_decimals,
    });
    const stopFeeding = feed(app, made, interval);
    const observer = new ResizeObserver(() => made.resize());
    observer.observe(element);
    const fit = () => made.fit();
    window.addEventListener(kChartEvents.fit, fit);
    setEngine(made);
    return () => {
      window.removeEventListener(kChartEvents.fit, fit);
      observer.disconnect();
      stopFeeding();
      made.dispose();
      setEngine(null);
    };
  }, [app, instrument, interval]);

  // theme and language are read from the document: after Root has set them
  // biome-ignore lint/correctness/useExhaustiveDependencies: the look depends on both through CSS
  useEffect(() => {
    const frame = requestAnimationFrame(() => engine?.setLook(lookOf(document.documentElement)));
    return () => cancelAnimationFrame(frame);
  }, [engine, theme, language]);
  useEffect(() => engine?.setLanguage(language, zone), [engine, language, zone]);
  useOverlays(engine, instrument, interval);

  return (
    <div
      className="canvas"
      ref={place}
      hidden={hidden}
      role="img"
      aria-label={t('chart.alt', { symbol: instrument.id, interval })}
    />
  );
}

const kManyBars = 3; // that one frame brings: a very fast replay
const kLeastRestMs = 100; // then the chart is drawn as often as one can follow it, and no more:
const kMostRestMs = 200;
const kRestPerBarMs = 5; // the further it jumps, the less often

/** Bars go from the live state to the engine at most once a frame, without a render. */
function feed({ live }: App, engine: ChartEngine, interval: string): () => void {
  let generation = -1;
  let sent: readonly Bar[] = [];
  let rest = 0; // a timer while the chart rests
  const wake = () => {
    rest = 0;
    push();
  };
  const push = () => {
    const { bars } = live.state();
    if (rest !== 0 || bars.interval !== interval || bars.bars === sent) return;
    if (bars.generation !== generation) engine.setBars(bars.bars);
    else {
      const last = sent[sent.length - 1]?.time ?? 0n;
      let from = bars.bars.length;
      while (from > 0 && (bars.bars[from - 1] as Bar).time >= last) from -= 1;
      engine.updateBars(bars.bars.slice(from));
      const came = bars.bars.length - from;
      if (came > kManyBars)
        rest = window.setTimeout(wake, Math.min(kMostRestMs, Math.max(kLeastRestMs, came * kRestPerBarMs)));
    }
    generation = bars.generation;
    sent = bars.bars;
  };
  push();
  const unsubscribe = live.subscribe(push);
  return () => {
    clearTimeout(rest);
    unsubscribe();
  };
}

function olderBars({ api }: App, instrument: Instrument, interval: string): LoadOlder {
  return async (before) => {
    const { bars, next } = await api.candles(instrument.id, interval, String(before));
    return { bars: bars.map((row) => barOf(row, instrument)), more: next !== null && bars.length > 0 };
  };
}

function barOf([time, open, high, low, close, volume]: CandleRow, instrument: Instrument): Bar {
  const price = (text: string) => parseUnits(text, instrument.price_decimals) ?? 0n;
  return {
    time: BigInt(time),
    open: price(open),
    high: price(high),
    low: price(low),
    close: price(close),
    volume: parseUnits(volume, instrument.quantity_decimals) ?? 0n,
    trades: 0,
    finished: true,
  };
}

const kOverlayMs = 250; // marks may lag a blink behind the candles

function useOverlays(engine: ChartEngine | null, instrument: Instrument, interval: string): void {
  const t = useT();
  const { live } = useApp();
  const { strategyMarks } = usePrefs();
  useEffect(() => {
    if (!engine) return;
    const words = { buy: t('side.buy'), sell: t('side.sell'), entry: t('chart.entry') };
    const grown = new FillMarks(instrument, interval, strategyMarks);
    let shown: Partial<LiveState> = {};
    const draw = () => {
      const state = live.state();
      if (state.fills !== shown.fills) {
        const { marks, trips } = grown.update(state.fills);
        engine.setMarks(marks, trips);
      }
      if (state.orders !== shown.orders || state.positions !== shown.positions) {
        const position = state.positions.find((held) => held.instrument === instrument.id);
        engine.setLines(linesOf(state.orders, position, instrument, words));
      }
      shown = state;
    };
    draw();
    const timer = setInterval(draw, kOverlayMs);
    return () => clearInterval(timer);
  }, [engine, live, instrument, interval, strategyMarks, t]);
}

/** The same bars as text, for screen readers and for copying. */
function BarTable({ instrument }: { instrument: Instrument }) {
  const t = useT();
  const { zone } = usePrefs();
  const bars = useLive((state) => state.bars.bars);
  const rows = useMemo(() => bars.slice(-100).reverse(), [bars]);
  const price = (units: bigint) => formatUnits(units, instrument.price_decimals);
  return (
    <div className="scroller bars" tabIndex={0} role="region" aria-label={t('chart.table')}>
      <table>
        <TableHead
          columns={['common.time', 'chart.open', 'chart.high', 'chart.low', 'chart.close', 'chart.volume']}
        />
        <tbody>
          {rows.map((bar) => (
            <tr key={bar.time} className="num">
              <td>{formatStamp(bar.time, zone)}</td>
              <td>{price(bar.open)}</td>
              <td>{price(bar.high)}</td>
              <td>{price(bar.low)}</td>
              <td>{price(bar.close)}</td>
              <td>{formatUnits(bar.volume, instrument.quantity_decimals)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
