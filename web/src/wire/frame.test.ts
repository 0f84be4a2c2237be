import { describe, expect, it } from 'vitest';
import { decodeFrame } from './frame';

/** A frame as docs/api.md lays it out, byte by byte. */
function frame(
  kind: number,
  records: (view: DataView, at: number) => void,
  size: number,
  count: number,
  bids = 0,
  flags = 0,
) {
  const buffer = new ArrayBuffer(32 + size * count);
  const view = new DataView(buffer);
  view.setUint8(0, 1);
  view.setUint8(1, kind);
  view.setUint16(2, 7, true);
  view.setUint32(4, count, true);
  view.setBigUint64(8, 42n, true);
  view.setBigInt64(16, 1723096800123456789n, true);
  view.setUint32(24, flags, true);
  view.setUint32(28, bids, true);
  records(view, 32);
  return buffer;
}

const i64 = (view: DataView, at: number, ...values: bigint[]) =>
  values.forEach((value, i) => {
    view.setBigInt64(at + i * 8, value, true);
  });

describe('book frames', () => {
  const book = (kind: number, flags = 0) =>
    frame(
      kind,
      (view, at) => i64(view, at, 612344n, 10n, 612343n, 20n, 612346n, 9223372036854775807n),
      16,
      3,
      2,
      flags,
    );

  it('split into bids and asks, every digit kept', () => {
    const decoded = decodeFrame(book(1));
    expect(decoded).toMatchObject({
      kind: 'book',
      snapshot: true,
      topicId: 7,
      seq: 42,
      time: 1723096800123456789n,
      stale: false,
    });
    if (decoded.kind !== 'book') throw new Error('not a book');
    expect(decoded.bids).toEqual([
      { price: 612344n, quantity: 10n },
      { price: 612343n, quantity: 20n },
    ]);
    expect(decoded.asks).toEqual([{ price: 612346n, quantity: 9223372036854775807n }]);
  });

  it('say when they are deltas and when the book is stale', () => {
    expect(decodeFrame(book(2, 1))).toMatchObject({ snapshot: false, stale: true });
  });
});

describe('trade and bar frames', () => {
  it('name the taker’s side and that some trades were left out', () => {
    const buffer = frame(
      4,
      (view, at) => {
        i64(view, at, 1n, 612345n, 3n);
        view.setUint8(at + 24, 1);
        i64(view, at + 32, 2n, 612346n, 4n);
        view.setUint8(at + 56, 2);
      },
      32,
      2,
      0,
      2,
    );
    expect(decodeFrame(buffer)).toMatchObject({
      kind: 'trades',
      leftOut: true,
      trades: [
        { time: 1n, price: 612345n, quantity: 3n, taker: 'sell' },
        { time: 2n, taker: 'unknown' },
      ],
    });
  });

  it('carry whole bars', () => {
    const buffer = frame(
      6,
      (view, at) => {
        i64(view, at, 60n, 10n, 14n, 9n, 12n, 500n);
        view.setUint32(at + 48, 17, true);
        view.setUint8(at + 52, 1);
      },
      56,
      1,
    );
    expect(decodeFrame(buffer)).toMatchObject({
      kind: 'bars',
      bars: [
        { time: 60n, open: 10n, high: 14n, low: 9n, close: 12n, volume: 500n, trades: 17, finished: true },
      ],
    });
  });
});

describe('a broken frame is refused whole: no wrong price is ever shown', () => {
  const good = () => frame(1, (view, at) => i64(view, at, 1n, 1n), 16, 1, 1);
  const broken = (change: (view: DataView) => void) => {
    const buffer = good();
    change(new DataView(buffer));
    return buffer;
  };
  it.each([
    ['cut short', () => good().slice(0, 40)],
    ['shorter than a header', () => good().slice(0, 8)],
    ['of another version', () => broken((view) => view.setUint8(0, 2))],
    ['of an unknown kind', () => broken((view) => view.setUint8(1, 9))],
    ['with more records than bytes', () => broken((view) => view.setUint32(4, 2, true))],
    ['with more bids than records', () => broken((view) => view.setUint32(28, 2, true))],
  ])('%s', (_, make) => {
    expect(() => decodeFrame(make())).toThrow();
  });
});
