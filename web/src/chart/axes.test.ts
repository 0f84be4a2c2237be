import { describe, expect, it } from 'vitest';
import { amountLabels, percentLabels, timeLabels } from './axes';

describe('labels of an axis', () => {
  it('tell neighbours apart, however close they are', () => {
    expect(amountLabels([100_000, 100_000.002, 100_000.004], 0.002)).toEqual([
      '100,000.000',
      '100,000.002',
      '100,000.004',
    ]);
    expect(amountLabels([99_000, 100_000], 1000)).toEqual(['99,000', '100,000']);
    expect(amountLabels([-2.5, 0, 2.5], 2.5)).toEqual(['-2.5', '0.0', '2.5']);
  });
  it('show billions in millions, unless that would hide a difference', () => {
    expect(amountLabels([1_000_000_000, 1_000_500_000], 500_000)).toEqual(['1,000.0M', '1,000.5M']);
    expect(amountLabels([1_000_000_000, 1_000_000_100], 100)).toEqual(['1,000,000,000', '1,000,000,100']);
  });
  it('show a fall in as many digits as it needs', () => {
    expect(percentLabels([-0.02, -0.01, 0], 0.01)).toEqual(['-2%', '-1%', '0%']);
    expect(percentLabels([-0.00004, -0.00002, 0], 0.00002)).toEqual(['-0.004%', '-0.002%', '0%']);
  });
  it('name the day once, and again when it changes', () => {
    const midnight = Date.UTC(2024, 7, 9) / 1000;
    expect(timeLabels([midnight - 7200, midnight - 3600, midnight], 3600, 'utc')).toEqual([
      '22:00\n2024-08-08',
      '23:00',
      '00:00\n2024-08-09',
    ]);
    expect(timeLabels([midnight, midnight + 86_400], 86_400, 'utc')).toEqual(['2024-08-09', '2024-08-10']);
    expect(timeLabels([midnight + 0.5], 0.5, 'utc')).toEqual(['00:00:00.500\n2024-08-09']);
    expect(timeLabels([midnight + 5], 5, 'utc')).toEqual(['00:00:05\n2024-08-09']);
  });
});
