// The curve of a stored run, ready to be drawn. Which edge of the band is the lower one is decided on exact amounts; only
// where a pixel goes is a number.
import { compare, type Decimal, decimal, round, toPixelNumber } from '../money/decimal';
import { msOf } from '../money/time';
import type { RunCurve } from '../wire/types';

export interface DrawnCurve {
  readonly seconds: number[];
  readonly equity: number[];
  /** below zero: what is missing to the highest so far */
  readonly fall: number[];
  /** the edges of the band; empty where the run has none */
  readonly least: number[];
  readonly greatest: number[];
  readonly initial: number;
}

const kPixelDecimals = 12; // of amounts and fractions alike

function pixel(value: Decimal): number {
  const { units, decimals } = round(value, kPixelDecimals);
  return toPixelNumber(units, decimals);
}

export function drawn(curve: RunCurve): DrawnCurve {
  const out: DrawnCurve = {
    seconds: [],
    equity: [],
    fall: [],
    least: [],
    greatest: [],
    initial: pixel(decimal(curve.initial_equity)),
  };
  for (const [time, equity, drawdown, pessimistic, optimistic] of curve.points) {
    const worth = decimal(equity);
    out.seconds.push(msOf(time) / 1000);
    out.equity.push(pixel(worth));
    out.fall.push(-pixel(decimal(drawdown)));
    if (pessimistic === null || optimistic === null) continue;
    const [low, , high] = [worth, decimal(pessimistic), decimal(optimistic)].sort(compare) as [
      Decimal,
      Decimal,
      Decimal,
    ];
    out.least.push(pixel(low));
    out.greatest.push(pixel(high));
  }
  return out;
}
