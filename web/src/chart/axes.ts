// What the line charts share: how their axes look, how far they reach, and what stands beside their ticks.
import type uPlot from 'uplot';
import { formatDate, formatTime } from '../money/time';
import type { Zone } from '../state/prefs';
import type { Look } from './engine';

export const axisLook = (look: Look) => ({
  stroke: look.muted,
  font: `10px ${look.font}`,
  grid: { stroke: look.grid, width: 1 },
  ticks: { stroke: look.grid, width: 1 },
});

/** Ticks at the round times of the zone that is shown. */
export const zoneOptions = (zone: Zone): Pick<uPlot.Options, 'tzDate'> => ({
  tzDate: (seconds) => (zone === 'utc' ? utcDate(seconds) : new Date(seconds * 1000)),
});

/** uPlot reads a date by its local getters: this one has there what UTC has. */
function utcDate(seconds: number): Date {
  const date = new Date(seconds * 1000);
  return new Date(date.getTime() + date.getTimezoneOffset() * 60_000);
}

export function padded(least: number, most: number): [number, number] {
  const room = Math.max((most - least) * 0.08, Math.abs(most) * 1e-7, 1e-9);
  return [least - room, most + room];
}

/** Room for the longest label: a million won needs more than a thousand dollars. */
export function widthOf(labels: string[] | null): number {
  const longest = Math.max(4, ...(labels ?? []).map((label) => label.length));
  return 20 + longest * 6.2;
}

/** Behind the point, until the step is a whole number: 2.5 needs one. */
function digitsOf(step: number): number {
  let digits = 0;
  for (let scaled = step; digits < 12 && Math.abs(scaled - Math.round(scaled)) > 1e-6 * scaled; scaled *= 10)
    digits += 1;
  return digits;
}

/** As many digits as tell two ticks apart, and no more; billions in millions, where the ticks allow it. */
export function amountLabels(ticks: readonly number[], step: number): string[] {
  const most = Math.max(...ticks.map(Math.abs), 0);
  const unit = most >= 1e9 && step >= 1e4 ? 1e6 : 1;
  const digits = digitsOf(step / unit);
  const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return ticks.map((tick) => (tick / unit).toLocaleString('en-US', options) + (unit === 1 ? '' : 'M'));
}

export function percentLabels(ticks: readonly number[], step: number): string[] {
  const digits = digitsOf(step * 100);
  return ticks.map((tick) => (tick === 0 ? '0%' : `${(tick * 100).toFixed(digits)}%`));
}

const kDay = 86_400;

/** Clock times as finely as they differ, with the date below the first and below each that begins another day; dates
 * alone where a tick is a day or more. */
export function timeLabels(ticks: readonly number[], step: number, zone: Zone): string[] {
  let day = '';
  return ticks.map((tick) => {
    const ns = BigInt(Math.round(tick * 1000)) * 1_000_000n;
    const date = formatDate(ns, zone);
    if (step >= kDay) return date;
    const time = formatTime(ns, zone, step < 1 ? 3 : 0);
    const clock = step >= 60 ? time.slice(0, 5) : time;
    if (date === day) return clock;
    day = date;
    return `${clock}\n${date}`;
  });
}
