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
    },
  ],
  draw: drawVolumes,
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
      marks: this.marks.map((mark) => drawnOnce(mark, series.priceDecimals)),
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

const drawnBefore = new WeakMap<Mark, Drawn['marks'][number]>();

/** A strategy leaves thousands of marks, and a few new ones come at a time: each is worked out once. */
function drawnOnce(mark: Mark, priceDecimals: number): Drawn['marks'][number] {
  const known = drawnBefore.get(mark);
  if (known) return known;
  const made = {
    timestamp: Number(mark.barTime / 1_000_000n),
    buy: mark.side === 'buy',
    price: toPixelNumber(mark.price, priceDecimals),
    count: mark.count,
  };
  drawnBefore.set(mark, made);
  return made;
}

/** The library makes a path a bar, and asks for its colour and its neighbours' places. */
function drawVolumes({
  ctx,
  chart,
  indicator,
  xAxis,
  yAxis,
}: IndicatorDrawParams<Volume, unknown, unknown>): boolean {
  const { from, to } = chart.getVisibleRange();
  const { halfGapBar } = chart.getBarSpace();
  const colors = indicator.styles?.bars?.[0] ?? chart.getStyles().indicator.bars[0];
  const floor = yAxis.convertToPixel(0);
  const width = Math.max(1, halfGapBar * 2);
  for (const [sign, color] of [
    [1, colors?.upColor],
    [-1, colors?.downColor],
    [0, colors?.noChangeColor],
  ] as const) {
    ctx.fillStyle = typeof color === 'string' ? color : 'transparent';
    for (let i = from; i < to; i += 1) {
      const bar = indicator.result[i];
      if (!bar || Math.sign(bar.close - bar.open) !== sign || bar.volume === 0) continue;
      const top = Math.min(yAxis.convertToPixel(bar.volume), floor - 1);
      ctx.fillRect(xAxis.convertToPixel(i) - halfGapBar, top, width, floor - top);
    }
  }
  return true;
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

const kLabelHeight = 17;

function drawLines(
  ctx: CanvasRenderingContext2D,
  drawn: Drawn,
  bounding: Draw['bounding'],
  yAxis: Draw['yAxis'],
): void {
  const seen = drawn.lines
    .map((line) => ({ ...line, y: Math.round(yAxis.convertToPixel(line.price)) + 0.5 }))
    .filter(({ y }) => y >= 0 && y <= bounding.height)
    .sort((a, b) => a.y - b.y);
  ctx.setLineDash([5, 4]);
  for (const { y, color } of seen) {
    ctx.strokeStyle = color;
    ctx.beginPath();
    ctx.moveTo(0, y);
    ctx.lineTo(bounding.width, y);
    ctx.stroke();
  }
  ctx.setLineDash([]);
  let free = kLabelHeight / 2; // where the next label may stand: prices a tick apart must not hide each other's
  for (const { y, label, color } of seen) {
    const middle = Math.max(y, free);
    free = middle + kLabelHeight + 1;
    const width = ctx.measureText(label).width + 10;
    const box = [bounding.width - width - 8, middle - kLabelHeight / 2, width, kLabelHeight] as const;
    ctx.fillStyle = drawn.look.background;
    ctx.fillRect(...box);
    ctx.strokeStyle = color;
    ctx.strokeRect(...box);
    ctx.fillStyle = color;
    ctx.fillText(label, bounding.width - width - 3, middle + 0.5);
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

/** One path a side, however many arrows: hundreds of small ones cost a frame. */
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
  const barSpace = chart.getBarSpace().bar;
  const size = Math.max(4, Math.min(7, barSpace * 0.7));
  const buys = new Path2D();
  const sells = new Path2D();
  const prices = new Path2D();
  let index = from;
  for (let i = firstFrom(drawn.marks, first); i < drawn.marks.length; i += 1) {
    const mark = drawn.marks[i] as Drawn['marks'][number];
    if (mark.timestamp > last) break;
    while (index < to && (bars[index]?.timestamp ?? 0) < mark.timestamp) index += 1;
    const bar = bars[index];
    if (bar?.timestamp !== mark.timestamp) continue;
    const x = xAxis.convertToPixel(index);
    const y = yAxis.convertToPixel(mark.buy ? bar.low : bar.high) + (mark.buy ? 5 : -5);
    arrow(mark.buy ? buys : sells, x, y, mark.buy ? size : -size);
    if (barSpace >= 12) prices.rect(x - 3, yAxis.convertToPixel(mark.price) - 0.5, 6, 1); // where it was filled, where there is room
  }
  ctx.strokeStyle = drawn.look.background;
  ctx.lineWidth = 1;
  for (const [path, color] of [
    [buys, drawn.look.up],
    [sells, drawn.look.down],
  ] as const) {
    ctx.fillStyle = color;
    ctx.fill(path);
    ctx.stroke(path);
  }
  ctx.fillStyle = drawn.look.text;
  ctx.fill(prices);
}

/** The first mark that is not before a time; marks come in order of their bars. */
function firstFrom(marks: Drawn['marks'], timestamp: number): number {
  let low = 0;
  let high = marks.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((marks[middle]?.timestamp ?? 0) < timestamp) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Up for buys, down for sells: told apart without colour. */
function arrow(path: Path2D, x: number, y: number, size: number): void {
  path.moveTo(x, y);
  path.lineTo(x - Math.abs(size) * 0.75, y + size * 1.3);
  path.lineTo(x + Math.abs(size) * 0.75, y + size * 1.3);
  path.closePath();
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
