// The instrument's grid: which prices and quantities an order may have, and the nearest valid ones. Units throughout.
import type { Instrument } from '../wire/types';
import { parseUnits } from './decimal';

export interface Grid {
  readonly priceDecimals: number;
  readonly quantityDecimals: number;
  readonly lot: bigint;
  readonly bands: readonly { from: bigint; tick: bigint }[];
}

export function gridOf(instrument: Instrument): Grid {
  const units = (text: string, decimals: number) => {
    const value = parseUnits(text, decimals);
    if (value === null) throw new Error(`${instrument.id}: ${text} has more than ${decimals} decimals`);
    return value;
  };
  return {
    priceDecimals: instrument.price_decimals,
    quantityDecimals: instrument.quantity_decimals,
    lot: units(instrument.lot, instrument.quantity_decimals),
    bands: instrument.ladder.map((band) => ({
      from: units(band.from, instrument.price_decimals),
      tick: units(band.tick, instrument.price_decimals),
    })),
  };
}

export function tickAt(grid: Grid, price: bigint): bigint {
  let tick = grid.bands[0]?.tick ?? 1n;
  for (const band of grid.bands) if (price >= band.from) tick = band.tick;
  return tick;
}

export const floorTo = (value: bigint, step: bigint): bigint => {
  const rest = value % step;
  return rest === 0n ? value : rest < 0n ? value - rest - step : value - rest;
};

export const ceilTo = (value: bigint, step: bigint): bigint => {
  const floor = floorTo(value, step);
  return floor === value ? value : floor + step;
};

export const onLadder = (grid: Grid, price: bigint): boolean => price % tickAt(grid, price) === 0n;

/** The ladder price `steps` ticks away. Going down across a band's lower edge uses the tick below the edge. */
export function stepPrice(grid: Grid, price: bigint, steps: number): bigint {
  let next = price;
  for (let i = 0; i < Math.abs(steps); i += 1) {
    if (steps > 0) next = floorTo(next, tickAt(grid, next)) + tickAt(grid, next);
    else {
      const tick = tickAt(grid, next - 1n);
      const lower = ceilTo(next, tick) - tick;
      next = lower > 0n ? lower : next;
    }
  }
  return next;
}
