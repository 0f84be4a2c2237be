import { describe, expect, it } from 'vitest';
import type { RunCurve } from '../wire/types';
import { drawn } from './run_curve';

const curve = (points: RunCurve['points']): RunCurve => ({
  run_id: 'r',
  currency: 'USDT',
  initial_equity: '1000',
  rows: String(points.length),
  points,
  statistics: {},
});

describe('the drawn curve of a run', () => {
  it('puts the run itself into the band, whichever queue earned most', () => {
    const { least, greatest, equity } = drawn(
      curve([
        ['0', '1000', '0', '990', '1010'],
        ['1000000000', '1020', '0', '1015', '1005'], // the favourable queue earned less, the run more than both
        ['2000000000', '980', '0.04', '985', '1005'],
      ]),
    );
    expect(equity).toEqual([1000, 1020, 980]);
    expect(least).toEqual([990, 1005, 980]);
    expect(greatest).toEqual([1010, 1020, 1005]);
  });
  it('compares amounts that differ in their last digit only', () => {
    const { least, greatest } = drawn(
      curve([
        [
          '0',
          '100000000.000000000000000002',
          '0',
          '100000000.000000000000000003',
          '100000000.000000000000000001',
        ],
      ]),
    );
    expect(least[0]).toBeLessThanOrEqual(greatest[0] as number);
  });
  it('falls below zero, and has no band where the run has none', () => {
    const { fall, least, seconds } = drawn(
      curve([
        ['1767225600000000000', '1000', '0', null, null],
        ['1767225600500000000', '900', '0.1', null, null],
      ]),
    );
    expect(fall).toEqual([-0, -0.1]);
    expect(seconds).toEqual([1767225600, 1767225600.5]);
    expect(least).toEqual([]);
  });
  it('of an empty run is empty', () => {
    expect(drawn(curve([])).seconds).toEqual([]);
  });
});
