import { describe, expect, it } from 'vitest';
import { applyDelta, imbalance, kEmptyBook, ladder } from './book';

const level = (price: number, quantity: number) => ({ price: BigInt(price), quantity: BigInt(quantity) });

describe('a delta on the book', () => {
  const base = { ...kEmptyBook, bids: [level(100, 5), level(99, 6)], asks: [level(101, 7), level(103, 8)] };

  it('sets quantities absolutely, adds levels in their place and removes at zero', () => {
    const next = applyDelta(base, [level(100, 0), level(98, 1)], [level(102, 2), level(103, 9)], 5n, false);
    expect(next.bids).toEqual([level(99, 6), level(98, 1)]);
    expect(next.asks).toEqual([level(101, 7), level(102, 2), level(103, 9)]);
    expect(next.time).toBe(5n);
  });

  it('leaves the earlier book as it was', () => {
    applyDelta(base, [level(100, 0)], [], 5n, false);
    expect(base.bids).toHaveLength(2);
  });

  it('removes a level that is not there without harm', () => {
    expect(applyDelta(base, [level(90, 0)], [], 5n, false).bids).toEqual(base.bids);
  });

  it('equals the book built from scratch, for any order of changes', () => {
    let seed = 7;
    const random = (n: number) => {
      seed = (seed * 1103515245 + 12345) % 2147483648;
      return seed % n;
    };
    const truth = new Map<number, number>();
    let book = kEmptyBook;
    for (let i = 0; i < 3000; i += 1) {
      const price = 1000 + random(60);
      const quantity = random(3) === 0 ? 0 : 1 + random(50);
      if (quantity === 0) truth.delete(price);
      else truth.set(price, quantity);
      book = applyDelta(book, [level(price, quantity)], [level(price, quantity)], BigInt(i), false);
    }
    const ascending = [...truth].sort(([a], [b]) => a - b).map(([price, quantity]) => level(price, quantity));
    expect(book.asks).toEqual(ascending);
    expect(book.bids).toEqual([...ascending].reverse());
  });
});

describe('the ladder in larger price steps', () => {
  it('never shows a level better than it is: bids go down, asks go up', () => {
    expect(ladder([level(109, 1), level(104, 2), level(99, 3)], 10n, 5, true)).toEqual([
      { price: 100n, quantity: 3n, cumulative: 3n },
      { price: 90n, quantity: 3n, cumulative: 6n },
    ]);
    expect(ladder([level(101, 1), level(110, 2), level(111, 3)], 10n, 5, false)).toEqual([
      { price: 110n, quantity: 3n, cumulative: 3n },
      { price: 120n, quantity: 3n, cumulative: 6n },
    ]);
  });

  it('ends after the rows that fit', () => {
    const rows = ladder([level(3, 1), level(2, 1), level(1, 1)], 1n, 2, true);
    expect(rows.map((row) => row.price)).toEqual([3n, 2n]);
    expect(rows[1]?.cumulative).toBe(2n);
  });

  it('weighs the sides by what is shown', () => {
    const bids = ladder([level(9, 30)], 1n, 5, true);
    expect(imbalance(bids, ladder([level(10, 10)], 1n, 5, false))).toBe(750);
    expect(imbalance([], [])).toBe(500);
  });
});
