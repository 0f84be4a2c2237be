import { describe, expect, it } from 'vitest';
import { backoffMs, Sequence } from './sequence';

describe('frames of a topic', () => {
  it('apply one after the other', () => {
    const sequence = new Sequence();
    expect([sequence.accept(1, true), sequence.accept(2, false), sequence.accept(3, false)]).toEqual([
      'apply',
      'apply',
      'apply',
    ]);
  });

  it('before the first snapshot are ignored', () => {
    expect(new Sequence().accept(5, false)).toBe('ignore');
  });

  it('a missing one is asked for once, and nothing is shown until the snapshot heals it', () => {
    const sequence = new Sequence();
    sequence.accept(1, true);
    expect(sequence.accept(3, false)).toBe('gap');
    expect(sequence.accept(4, false)).toBe('ignore');
    expect(sequence.accept(1, true)).toBe('apply');
    expect(sequence.accept(2, false)).toBe('apply');
  });

  it('one that comes twice is a gap as well: what it changed is not known to be right', () => {
    const sequence = new Sequence();
    sequence.accept(1, true);
    sequence.accept(2, false);
    expect(sequence.accept(2, false)).toBe('gap');
  });

  it('a snapshot in between may jump ahead', () => {
    const sequence = new Sequence();
    sequence.accept(1, true);
    expect(sequence.accept(9, true)).toBe('apply');
    expect(sequence.accept(10, false)).toBe('apply');
  });
});

it('reconnecting waits longer each time, up to ten seconds, never in step', () => {
  expect([1, 2, 3, 4, 5, 6, 20].map((tries) => backoffMs(tries, 0))).toEqual([
    500, 1000, 2000, 4000, 8000, 10_000, 10_000,
  ]);
  expect(backoffMs(1, 0.999)).toBeGreaterThanOrEqual(375);
  expect(backoffMs(20, 1)).toBe(7500);
});
