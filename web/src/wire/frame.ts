// Binary market frames of the WebSocket (docs/api.md, "Binary frames"): little endian, a header of 32 bytes, then records.

export interface Level {
  readonly price: bigint;
  readonly quantity: bigint;
}
export type Taker = 'buy' | 'sell' | 'unknown';
export interface PublicTrade {
  readonly time: bigint;
  readonly price: bigint;
  readonly quantity: bigint;
  readonly taker: Taker;
}
export interface Bar {
  readonly time: bigint;
  readonly open: bigint;
  readonly high: bigint;
  readonly low: bigint;
  readonly close: bigint;
  readonly volume: bigint;
  readonly trades: number;
  readonly finished: boolean;
}

interface Header {
  readonly topicId: number;
  readonly seq: number;
  readonly time: bigint;
  readonly snapshot: boolean;
}
export type MarketFrame = Header &
  (
    | { readonly kind: 'book'; readonly stale: boolean; readonly bids: Level[]; readonly asks: Level[] }
    | { readonly kind: 'trades'; readonly leftOut: boolean; readonly trades: PublicTrade[] }
    | { readonly kind: 'bars'; readonly bars: Bar[] }
  );

const kVersion = 1;
const kHeaderBytes = 32;
const kRecordBytes = [16, 32, 56] as const; // book, trades, bars
const kStale = 1;
const kTradesLeftOut = 2;
const kTakers: readonly Taker[] = ['buy', 'sell', 'unknown'];

/** Throws on a frame that is not whole and well formed: the caller drops the connection rather than show wrong prices. */
export function decodeFrame(buffer: ArrayBuffer): MarketFrame {
  if (buffer.byteLength < kHeaderBytes) throw new Error(`market frame of ${buffer.byteLength} bytes`);
  const view = new DataView(buffer);
  const version = view.getUint8(0);
  if (version !== kVersion) throw new Error(`market frame version ${version}; this page reads ${kVersion}`);
  const kind = view.getUint8(1);
  if (kind < 1 || kind > 6) throw new Error(`market frame kind ${kind}`);
  const count = view.getUint32(4, true);
  const shape = (kind - 1) >> 1;
  const expected = kHeaderBytes + count * (kRecordBytes[shape] as number);
  if (buffer.byteLength !== expected) {
    throw new Error(`market frame of ${buffer.byteLength} bytes, its header says ${expected}`);
  }
  const header: Header = {
    topicId: view.getUint16(2, true),
    seq: Number(view.getBigUint64(8, true)),
    time: view.getBigInt64(16, true),
    snapshot: (kind & 1) === 1,
  };
  const flags = view.getUint32(24, true);
  if (shape === 0) {
    const bids = view.getUint32(28, true);
    if (bids > count) throw new Error(`book frame with ${bids} bids of ${count} records`);
    return {
      ...header,
      kind: 'book',
      stale: (flags & kStale) !== 0,
      bids: levels(view, 0, bids),
      asks: levels(view, bids, count),
    };
  }
  if (shape === 1)
    return {
      ...header,
      kind: 'trades',
      leftOut: (flags & kTradesLeftOut) !== 0,
      trades: trades(view, count),
    };
  return { ...header, kind: 'bars', bars: bars(view, count) };
}

function levels(view: DataView, from: number, to: number): Level[] {
  const out: Level[] = [];
  for (let i = from; i < to; i += 1) {
    const at = kHeaderBytes + i * 16;
    out.push({ price: view.getBigInt64(at, true), quantity: view.getBigInt64(at + 8, true) });
  }
  return out;
}

function trades(view: DataView, count: number): PublicTrade[] {
  const out: PublicTrade[] = [];
  for (let i = 0; i < count; i += 1) {
    const at = kHeaderBytes + i * 32;
    out.push({
      time: view.getBigInt64(at, true),
      price: view.getBigInt64(at + 8, true),
      quantity: view.getBigInt64(at + 16, true),
      taker: kTakers[view.getUint8(at + 24)] ?? 'unknown',
    });
  }
  return out;
}

function bars(view: DataView, count: number): Bar[] {
  const out: Bar[] = [];
  for (let i = 0; i < count; i += 1) {
    const at = kHeaderBytes + i * 56;
    out.push({
      time: view.getBigInt64(at, true),
      open: view.getBigInt64(at + 8, true),
      high: view.getBigInt64(at + 16, true),
      low: view.getBigInt64(at + 24, true),
      close: view.getBigInt64(at + 32, true),
      volume: view.getBigInt64(at + 40, true),
      trades: view.getUint32(at + 48, true),
      finished: view.getUint8(at + 52) === 1,
    });
  }
  return out;
}
