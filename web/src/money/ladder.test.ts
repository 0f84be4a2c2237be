import { describe, expect, it } from 'vitest';
import type { Instrument } from '../wire/types';
import { ceilTo, floorTo, gridOf, onLadder, stepPrice, tickAt } from './ladder';

const kKrx: Instrument = {
  id: 'kiwoom:005930',
  base: '005930',
  quote: 'KRW',
  settlement: 'KRW',
  kind: 'spot',
  price_decimals: 0,
  quantity_decimals: 0,
  lot: '1',
  contract_size: '1',
  ladder: [
    { from: '0', tick: '1' },
    { from: '2000', tick: '5' },
    { from: '5000', tick: '10' },
  ],
};

describe('the tick ladder of the Korean exchange', () => {
  const grid = gridOf(kKrx);
  it('changes its tick at the band’s edge', () => {
    expect([1999n, 2000n, 4995n, 5000n].map((price) => tickAt(grid, price))).toEqual([1n, 5n, 5n, 10n]);
    expect(onLadder(grid, 2001n)).toBe(false);
    expect(onLadder(grid, 2005n)).toBe(true);
  });

  it('steps up and down through the edge to neighbours only', () => {
    expect(stepPrice(grid, 1999n, 1)).toBe(2000n);
    expect(stepPrice(grid, 2000n, 1)).toBe(2005n);
    expect(stepPrice(grid, 2000n, -1)).toBe(1999n);
    expect(stepPrice(grid, 5000n, -1)).toBe(4995n);
    expect(stepPrice(grid, 4995n, 2)).toBe(5010n);
  });

  it('brings an off-ladder price back on', () => {
    expect(stepPrice(grid, 2003n, 1)).toBe(2005n);
    expect(stepPrice(grid, 2003n, -1)).toBe(2000n);
  });

  it('never steps to zero', () => {
    expect(stepPrice(grid, 1n, -1)).toBe(1n);
  });
});

describe('rounding to a step', () => {
  it('goes down and up also below zero', () => {
    expect(floorTo(-7n, 5n)).toBe(-10n);
    expect(ceilTo(-7n, 5n)).toBe(-5n);
    expect(floorTo(10n, 5n)).toBe(10n);
    expect(ceilTo(11n, 5n)).toBe(15n);
  });
});

it('an instrument whose tick has more digits than its prices is a fault, not a rounding', () => {
  expect(() => gridOf({ ...kKrx, ladder: [{ from: '0', tick: '0.5' }] })).toThrow(/more than 0 decimals/);
});
