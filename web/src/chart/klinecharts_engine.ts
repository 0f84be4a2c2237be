// ChartEngine by klinecharts 10. Volume is its own indicator; trade marks and price lines are one indicator of ours that
// draws what falls into the visible range, one mark a bar and side, however many fills there were.
import {
  type Chart,
  type DeepPartial,
  dispose,
  type IndicatorDrawParams,
  type IndicatorTemplate,
  init,
  type KLineData,
  type Period,
  type PeriodType,
  registerIndicator,
  registerLocale,
  type Styles,
} from 'klinecharts';
import { toPixelNumber } from '../money/decimal';
import type { Bar } from '../wire/frame';
import type { ChartEngine, LoadOlder, Look, Mark, PriceLine, RoundTrip, Series } from './engine';

const kMarks = 'STOM_MARKS';
const kPeriods: Record<string, PeriodType> = { s: 'second', m: 'minute', h: 'hour', d: 'day' };

const kVolume = 'STOM_VOLUME';
const kMostBars = 10_000; // what the chart holds, beside a fifth more until it is cut

interface Volume {
  readonly volume: number;
  readonly open: number;
  readonly close: number;
}

const grownVolumes = new WeakMap<object, { first: KLineData; volumes: Volume[] }>();

/** The library's own volume goes over all bars with each new one; here only the newest are made anew. */
const kVolumeTemplate: IndicatorTemplate<Volume> = {
  name: kVolume,
  shortName: ' ',
  series: 'volume',
  shouldFormatBigNumber: true,
  minValue: 0,
  figures: [
    {
      key: 'volume',
      title: 'VOLUME: ',
      type: 'bar',
      baseValue: 0,
      styles: ({ data: { current }, indicator, defaultStyles }) => {
        const colors = indicator.styles?.bars?.[0] ?? defaultStyles?.bars[0];
        const change = current ? current.close - current.open : 0;
        const color = change > 0 ? colors?.upColor : change < 0 ? colors?.downColor : colors?.noChangeColor;
        return { color: color ?? 'transparent' };
      },
    },
  ],
  calc: (bars, indicator) => {
    const first = bars[0];
    if (!first) return [];
    let grown = grownVolumes.get(indicator);
    if (grown?.first !== first || grown.volumes.length > bars.length) {
      grown = { first, volumes: [] };
      grownVolumes.set(indicator, grown);
    }
    const { volumes } = grown;
    volumes.pop(); // the last bar may have grown
    for (const { volume = 0, open, close } of bars.slice(volumes.length))
      volumes.push({ volume, open, close });
    return volumes;
  },
};

interface Drawn {
  readonly marks: readonly {
    readonly timestamp: number;
    readonly buy: boolean;
    readonly price: number;
    readonly count: number;
  }[];
  readonly lines: readonly { readonly price: number; readonly label: string; readonly color: string }[];
  readonly trips: readonly {
    readonly from: number;
    readonly fromPrice: number;
    readonly to: number;
    readonly toPrice: number;
    readonly gained: boolean;
  }[];
  readonly look: Look;
}

let registered = false;

function registerOnce(): void {
  if (registered) return;
  registered = true;
  registerIndicator({ name: kMarks, shortName: ' ', series: 'price', calc: () => [] });
  registerIndicator(kVolumeTemplate);
  registerLocale('ko', {
    time: '시간 ',
    open: '시 ',
    high: '고 ',
    low: '저 ',
    close: '종 ',
    volume: '거래량 ',
    change: '등락 ',
    turnover: '대금 ',
    second: '초',
    minute: '분',
    hour: '시간',
    day: '일',
    week: '주',
    month: '월',
    year: '년',
  });
}

export function createEngine(element: HTMLElement, loadOlder: LoadOlder): ChartEngine {
  registerOnce();
  return new KlinechartsEngine(element, loadOlder);
}

class KlinechartsEngine implements ChartEngine {
  private readonly chart: Chart;
  private series: Series | null = null;
  private bars: readonly Bar[] = [];
  private marks: readonly Mark[] = [];
  private trips: readonly RoundTrip[] = [];
  private lines: readonly PriceLine[] = [];
  private look: Look | null = null;
  private drawn: Drawn | null = null;
  private redraws = 0;
  private push: ((bar: KLineData) => void) | null = null;

  constructor(
    private readonly element: HTMLElement,
    loadOlder: LoadOlder,
  ) {
    const chart = init(element, {
      hotkey: { enabled: false },
      layout: { barSpaceLimit: { min: 1, max: 60 } },
    });
    if (!chart) throw new Error('the chart could not be made');
    this.chart = chart;
    const canvasHolder = element.firstElementChild; // takes the focus before everything else, and has no keys of its own here
    if (canvasHolder instanceof HTMLElement) canvasHolder.tabIndex = -1;
    chart.setBarSpace(7);
    chart.setOffsetRightDistance(60);
    chart.setDataLoader({
      getBars: ({ type, callback }) => {
        if (type === 'init') return callback(this.bars.map(this.toLine), { forward: this.bars.length > 0 });
        const oldest = this.bars[0];
        if (type !== 'forward' || !oldest) return callback([], false);
        void loadOlder(oldest.time).then(
          ({ bars, more }) => {
            this.bars = [...bars, ...this.bars];
            callback(bars.map(this.toLine), { forward: more });
          },
          () => callback([], { forward: false }),
        );
      },
      subscribeBar: ({ callback }) => {
        this.push = callback;
      },
      unsubscribeBar: () => {
        this.push = null;
      },
    });
  }

  setSeries(series: Series): void {
    this.series = series;
    this.bars = [];
    const unit = series.interval.slice(-1);
    const period: Period = { type: kPeriods[unit] ?? 'minute', span: Number(series.interval.slice(0, -1)) };
    const precision = { pricePrecision: series.priceDecimals, volumePrecision: series.quantityDecimals };
    this.chart.setPeriod(period);
    this.chart.setSymbol({ ticker: series.name, ...precision });
    this.chart.removeIndicator();
    this.chart.createIndicator(
      { name: kMarks, paneId: 'candle_pane', draw: (params) => drawMarks(params, this.drawn) },
      true,
    );
    this.chart.createIndicator({ name: kVolume, paneId: 'volume_pane' });
    this.chart.setPaneOptions({ id: 'volume_pane', height: 72, minHeight: 40 });
  }

  setBars(bars: readonly Bar[]): void {
    this.bars = bars;
    this.chart.resetData();
  }

  updateBars(bars: readonly Bar[]): void {
    const first = bars[0];
    if (!first) return;
    let kept = this.bars.length;
    while (kept > 0 && (this.bars[kept - 1] as Bar).time >= first.time) kept -= 1;
    this.bars = [...this.bars.slice(0, kept), ...bars];
    if (this.bars.length > kMostBars + kMostBars / 5) return this.setBars(this.bars.slice(-kMostBars));
    for (const bar of bars) this.push?.(this.toLine(bar));
  }

  setMarks(marks: readonly Mark[], trips: readonly RoundTrip[]): void {
    this.marks = marks;
    this.trips = trips;
    this.redraw();
  }

  setLines(lines: readonly PriceLine[]): void {
    this.lines = lines;
    this.redraw();
  }

  setLook(look: Look): void {
    this.look = look;
    this.chart.setStyles(stylesOf(look));
    this.redraw();
  }

  setLanguage(language: string, zone: string): void {
    this.chart.setLocale(language === 'ko' ? 'ko' : 'en-US');
    this.chart.setTimezone(zone === 'utc' ? 'Etc/UTC' : Intl.DateTimeFormat().resolvedOptions().timeZone);
  }

  fit(): void {
    const width = this.chart.getSize('candle_pane', 'main')?.width ?? this.element.clientWidth;
    this.chart.setBarSpace(Math.max(1, Math.min(60, (width - 60) / Math.max(1, this.bars.length))));
    this.toNewest();
  }

  toNewest(): void {
    this.chart.scrollToRealTime();
  }

  zoom(factor: number): void {
    this.chart.zoomAtDataIndex(factor, this.chart.getDataList().length - 1);
  }

  resize(): void {
    this.chart.resize();
  }

  dispose(): void {
    dispose(this.element);
  }

  private readonly toLine = (bar: Bar): KLineData => {
    const decimals = this.series?.priceDecimals ?? 0;
    return {
      timestamp: Number(bar.time / 1_000_000n),
      open: toPixelNumber(bar.open, decimals),
      high: toPixelNumber(bar.high, decimals),
      low: toPixelNumber(bar.low, decimals),
      close: toPixelNumber(bar.close, decimals),
      volume: toPixelNumber(bar.volume, this.series?.quantityDecimals ?? 0),
    };
  };

  /** What is drawn lives here: klinecharts would merge it into what it drew before. The counter makes it draw. */
  private redraw(): void {
    this.drawn = this.toDrawn();
    this.redraws += 1;
    if (this.drawn)
      this.chart.overrideIndicator({ name: kMarks, paneId: 'candle_pane', extendData: this.redraws });
  }

  private toDrawn(): Drawn | null {
    const look = this.look;
    const series = this.series;
    if (!look || !series) return null;
    return {
      look,
      marks: this.marks.map(({ barTime, side, price, count }) => ({
        timestamp: Number(barTime / 1_000_000n),
        buy: side === 'buy',
        price: toPixelNumber(price, series.priceDecimals),
        count,
      })),
      trips: this.trips.map((trip) => ({
        from: Number(trip.entryTime / 1_000_000n),
        fromPrice: toPixelNumber(trip.entryPrice, series.priceDecimals),
        to: Number(trip.exitTime / 1_000_000n),
        toPrice: toPixelNumber(trip.exitPrice, series.priceDecimals),
        gained: trip.gained,
      })),
      lines: this.lines.map(({ price, label, tone }) => ({
        price: toPixelNumber(price, series.priceDecimals),
        label,
        color: look[tone],
      })),
    };
  }
}

function drawMarks({ ctx, chart, bounding, xAxis, yAxis }: Draw, drawn: Drawn | null): boolean {
  if (!drawn) return true;
  ctx.save();
  ctx.font = `11px ${drawn.look.font}`;
  ctx.textBaseline = 'middle';
  drawLines(ctx, drawn, bounding, yAxis);
  drawTrips(ctx, chart, drawn, xAxis, yAxis);
  drawArrows(ctx, chart, drawn, xAxis, yAxis);
  ctx.restore();
  return true;
}

type Draw = IndicatorDrawParams<unknown, unknown, unknown>;

function drawLines(
  ctx: CanvasRenderingContext2D,
  drawn: Drawn,
  bounding: Draw['bounding'],
  yAxis: Draw['yAxis'],
): void {
  for (const line of drawn.lines) {
    const y = Math.round(yAxis.convertToPixel(line.price)) + 0.5;
    if (y < 0 || y > bounding.height) continue;
    ctx.strokeStyle = line.color;
    ctx.setLineDash([5, 4]);
    ctx.beginPath();
    ctx.moveTo(0, y);
    ctx.lineTo(bounding.width, y);
    ctx.stroke();
    const width = ctx.measureText(line.label).width + 10;
    ctx.setLineDash([]);
    ctx.fillStyle = drawn.look.background;
    ctx.fillRect(bounding.width - width - 8, y - 8.5, width, 17);
    ctx.strokeRect(bounding.width - width - 8, y - 8.5, width, 17);
    ctx.fillStyle = line.color;
    ctx.fillText(line.label, bounding.width - width - 3, y + 0.5);
  }
}

function drawTrips(
  ctx: CanvasRenderingContext2D,
  chart: Chart,
  drawn: Drawn,
  xAxis: Draw['xAxis'],
  yAxis: Draw['yAxis'],
): void {
  const bars = chart.getDataList();
  const { from, to } = chart.getVisibleRange();
  const first = bars[from]?.timestamp ?? Number.POSITIVE_INFINITY;
  const last = bars[Math.min(to, bars.length) - 1]?.timestamp ?? Number.NEGATIVE_INFINITY;
  ctx.setLineDash([3, 3]);
  ctx.lineWidth = 1;
  for (const trip of drawn.trips) {
    if (trip.to < first || trip.from > last || trip.from === trip.to) continue;
    ctx.strokeStyle = trip.gained ? drawn.look.up : drawn.look.down;
    ctx.globalAlpha = 0.6;
    ctx.beginPath();
    ctx.moveTo(xAxis.convertTimestampToPixel(trip.from), yAxis.convertToPixel(trip.fromPrice));
    ctx.lineTo(xAxis.convertTimestampToPixel(trip.to), yAxis.convertToPixel(trip.toPrice));
    ctx.stroke();
  }
  ctx.globalAlpha = 1;
  ctx.setLineDash([]);
}

function drawArrows(
  ctx: CanvasRenderingContext2D,
  chart: Chart,
  drawn: Drawn,
  xAxis: Draw['xAxis'],
  yAxis: Draw['yAxis'],
): void {
  const bars = chart.getDataList();
  const { from, to } = chart.getVisibleRange();
  const first = bars[from]?.timestamp ?? Number.POSITIVE_INFINITY;
  const last = bars[Math.min(to, bars.length) - 1]?.timestamp ?? Number.NEGATIVE_INFINITY;
  const size = Math.max(4, Math.min(7, chart.getBarSpace().bar * 0.7));
  let index = from;
  for (const mark of drawn.marks) {
    if (mark.timestamp < first || mark.timestamp > last) continue;
    while (index < to && (bars[index]?.timestamp ?? 0) < mark.timestamp) index += 1;
    const bar = bars[index];
    if (bar?.timestamp !== mark.timestamp) continue;
    const x = xAxis.convertToPixel(index);
    const y = yAxis.convertToPixel(mark.buy ? bar.low : bar.high) + (mark.buy ? 5 : -5);
    arrow(
      ctx,
      x,
      y,
      mark.buy ? size : -size,
      mark.buy ? drawn.look.up : drawn.look.down,
      drawn.look.background,
    );
    if (chart.getBarSpace().bar < 12) continue;
    ctx.fillStyle = drawn.look.text;
    ctx.fillRect(x - 3, yAxis.convertToPixel(mark.price) - 0.5, 6, 1); // where it was filled, where there is room
  }
}

/** Up for buys, down for sells: told apart without colour. */
function arrow(
  ctx: CanvasRenderingContext2D,
  x: number,
  y: number,
  size: number,
  color: string,
  outline: string,
): void {
  ctx.beginPath();
  ctx.moveTo(x, y);
  ctx.lineTo(x - Math.abs(size) * 0.75, y + size * 1.3);
  ctx.lineTo(x + Math.abs(size) * 0.75, y + size * 1.3);
  ctx.closePath();
  ctx.fillStyle = color;
  ctx.strokeStyle = outline;
  ctx.lineWidth = 1;
  ctx.fill();
  ctx.stroke();
}

function stylesOf(look: Look): DeepPartial<Styles> {
  const bar = { upColor: look.up, downColor: look.down, noChangeColor: look.muted };
  const text = { color: look.muted, family: look.font, size: 11 };
  const label = {
    family: look.font,
    size: 11,
    color: look.background,
    backgroundColor: look.muted,
    borderColor: look.muted,
  };
  const axis = { axisLine: { color: look.grid }, tickLine: { color: look.grid }, tickText: text };
  const crosshair = { line: { color: look.muted }, text: label };
  return {
    grid: { horizontal: { color: look.grid }, vertical: { color: look.grid } },
    candle: {
      bar: {
        ...bar,
        upBorderColor: look.up,
        downBorderColor: look.down,
        noChangeBorderColor: look.muted,
        upWickColor: look.up,
        downWickColor: look.down,
        noChangeWickColor: look.muted,
      },
      priceMark: {
        high: { color: look.muted, textFamily: look.font },
        low: { color: look.muted, textFamily: look.font },
        last: { ...bar, text: { family: look.font, size: 11, color: look.background } },
      },
      tooltip: { title: { show: false }, legend: text, rect: { color: look.background } },
    },
    indicator: {
      bars: [{ upColor: `${look.up}88`, downColor: `${look.down}88`, noChangeColor: `${look.muted}88` }],
      lastValueMark: { show: false },
      tooltip: { showRule: 'follow_cross', title: text, legend: text },
    },
    xAxis: axis,
    yAxis: axis,
    separator: { color: look.grid, size: 1 },
    crosshair: { horizontal: crosshair, vertical: crosshair },
  };
}
