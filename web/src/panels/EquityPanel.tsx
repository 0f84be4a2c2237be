// Equity over the session. uPlot draws; the figure in the heading is the engine's own text.
import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { amountLabels, axisLook, padded, timeLabels, widthOf, zoneOptions } from '../chart/axes';
import { lookOf } from '../chart/look';
import { decimal, round, subtract, toPixelNumber, toText } from '../money/decimal';
import { msOf } from '../money/time';
import { OpenAlone } from '../shell/alone';
import { useApp, useLive, usePrefs, useT } from '../shell/app';
import { Money } from '../shell/Money';
import type { Equity } from '../state/live';
import type { Zone } from '../state/prefs';
import type { EquityPoint } from '../wire/types';

export default function EquityPanel() {
  const t = useT();
  const { currency, points } = useLive((state) => state.equity);
  const first = points[0]?.[1];
  const last = points[points.length - 1]?.[1];
  const gain = first && last ? subtract(decimal(last), decimal(first)) : null;
  return (
    <section className="panel equity" aria-label={t('equity.title')} data-testid="equity-curve">
      <header>
        <h2>{t('equity.title')}</h2>
        {gain && (
          <span className="num">
            <Money text={toText(gain.units, gain.decimals)} currency={currency} signed />
          </span>
        )}
        <OpenAlone panel="equity" />
      </header>
      <Curve empty={points.length < 2} />
      {points.length < 2 && <p className="empty">{t('equity.none')}</p>}
    </section>
  );
}

function Curve({ empty }: { empty: boolean }) {
  const t = useT();
  const { live } = useApp();
  const { theme, language, zone } = usePrefs();
  const place = useRef<HTMLDivElement>(null);

  // biome-ignore lint/correctness/useExhaustiveDependencies: theme and language change the look through CSS
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const plot = new uPlot(optionsOf(element, zone), [[], []], element);
    let shown: Equity['points'] = [];
    const draw = () => {
      const { points } = live.state().equity;
      if (points === shown) return;
      shown = points;
      plot.setData(pixels(points));
    };
    const observer = new ResizeObserver(() =>
      plot.setSize({ width: element.clientWidth, height: element.clientHeight }),
    );
    observer.observe(element);
    draw();
    const unsubscribe = live.subscribe(draw);
    return () => {
      unsubscribe();
      observer.disconnect();
      plot.destroy();
    };
  }, [live, theme, language, zone]);
  const look = empty ? { visibility: 'hidden' as const } : undefined; // axes of nothing
  return <div className="curve" style={look} ref={place} role="img" aria-label={t('equity.title')} />;
}

function pixels(points: Equity['points']): [number[], number[]] {
  const all = points.map(asPixels);
  return [all.map(([seconds]) => seconds), all.map(([, equity]) => equity)];
}

const drawnBefore = new WeakMap<EquityPoint, [number, number]>();

/** Seconds and equity of a point; worked out once, since the whole curve is drawn with each new one. */
function asPixels(point: EquityPoint): [number, number] {
  const known = drawnBefore.get(point);
  if (known) return known;
  const { units, decimals } = round(decimal(point[1]), 8);
  const made: [number, number] = [msOf(point[0]) / 1000, toPixelNumber(units, decimals)];
  drawnBefore.set(point, made);
  return made;
}

function optionsOf(element: HTMLElement, zone: Zone): uPlot.Options {
  const look = lookOf(document.documentElement);
  const axis = axisLook(look);
  return {
    width: element.clientWidth,
    height: element.clientHeight,
    legend: { show: false },
    cursor: { points: { size: 6 } },
    ...zoneOptions(zone),
    axes: [
      { ...axis, size: 46, values: (_, ticks, _axis, _space, step) => timeLabels(ticks, step, zone) },
      {
        ...axis,
        size: (_, labels) => widthOf(labels),
        side: 1,
        values: (_, ticks, _axis, _space, step) => amountLabels(ticks, step),
      },
    ],
    series: [{}, { stroke: look.accent, width: 1.5, fill: `${look.accent}22`, points: { show: false } }],
    scales: { y: { range: (_, least, most) => padded(least, most) } },
  };
}
