// The one WebSocket: connects with a ticket, keeps the wanted topics subscribed, repairs gaps, reconnects with back-off,
// and hands what arrives to Live. Owns the socket and its timers; nothing else may.
import type { Live } from '../state/live';
import { decodeFrame } from '../wire/frame';
import type { JsonFrame } from '../wire/types';
import { type Api, ApiError } from './api';
import { backoffMs, Sequence } from './sequence';

const kProtocol = 'stom.v1';
const kStaleAfterMs = 3_000;
const kWatchEveryMs = 1_000;

interface Subscription {
  readonly topic: string;
  topicId: number | null;
  sequence: Sequence;
}

export class Stream {
  private socket: WebSocket | null = null;
  private readonly wanted = new Map<string, Subscription>();
  private readonly byId = new Map<number, Subscription>();
  private nextId = 1;
  private tries = 0;
  private lastFrameAt = 0;
  private retryTimer = 0;
  private watchTimer = 0;
  private stopped = true;

  constructor(
    private readonly api: Api,
    private readonly live: Live,
  ) {}

  start(): void {
    if (!this.stopped) return;
    this.stopped = false;
    this.watchTimer = window.setInterval(() => this.watch(), kWatchEveryMs);
    void this.connect();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.retryTimer);
    clearInterval(this.watchTimer);
    this.socket?.close(1000);
    this.socket = null;
  }

  retryNow(): void {
    if (this.stopped || this.live.state().connection.link !== 'lost') return;
    clearTimeout(this.retryTimer);
    void this.connect();
  }

  /** Exactly these topics from now on. */
  want(topics: readonly string[]): void {
    const gone = [...this.wanted.keys()].filter((topic) => !topics.includes(topic));
    const fresh = topics.filter((topic) => !this.wanted.has(topic));
    for (const topic of gone) {
      const id = this.wanted.get(topic)?.topicId;
      if (id !== null && id !== undefined) this.byId.delete(id);
      this.wanted.delete(topic);
    }
    for (const topic of fresh) this.wanted.set(topic, { topic, topicId: null, sequence: new Sequence() });
    if (gone.length > 0) this.send('unsubscribe', gone);
    if (fresh.length > 0) this.send('subscribe', fresh);
  }

  private async connect(): Promise<void> {
    if (this.tries === 0) this.live.setConnection({ link: 'connecting', stale: false });
    try {
      const { ticket } = await this.api.wsTicket();
      if (this.stopped) return;
      this.open(ticket);
    } catch (error) {
      if (error instanceof ApiError && error.problem.status === 401) return this.needLogin();
      this.retryLater();
    }
  }

  private open(ticket: string): void {
    const socket = new WebSocket(`ws://${location.host}/api/v1/stream`, [kProtocol, `ticket.${ticket}`]);
    socket.binaryType = 'arraybuffer';
    this.socket = socket;
    socket.onopen = () => {
      this.tries = 0;
      this.lastFrameAt = performance.now();
      this.live.setConnection({ link: 'open', tries: 0, stale: false });
      this.byId.clear();
      for (const subscription of this.wanted.values()) subscription.topicId = null;
      this.send('subscribe', [...this.wanted.keys()]);
    };
    socket.onmessage = (event: MessageEvent<string | ArrayBuffer>) => this.receive(socket, event.data);
    socket.onclose = (event) => {
      if (this.socket !== socket) return;
      this.socket = null;
      if (event.code === 4001) this.needLogin();
      else if (!this.stopped) this.retryLater();
    };
  }

  private needLogin(): void {
    this.stop();
    this.api.forget();
    this.live.setConnection({ link: 'login', stale: false });
  }

  private retryLater(): void {
    this.tries += 1;
    const wait = backoffMs(this.tries, Math.random());
    this.live.setConnection({ link: 'lost', tries: this.tries, retryAt: Date.now() + wait, stale: false });
    this.retryTimer = window.setTimeout(() => void this.connect(), wait);
  }

  private send(op: 'subscribe' | 'unsubscribe', topics: readonly string[]): void {
    if (this.socket?.readyState !== WebSocket.OPEN || topics.length === 0) return;
    this.socket.send(JSON.stringify({ op, id: this.nextId++, topics }));
  }

  private receive(socket: WebSocket, data: string | ArrayBuffer): void {
    this.lastFrameAt = performance.now();
    try {
      if (typeof data === 'string') this.receiveJson(JSON.parse(data) as JsonFrame);
      else this.receiveMarket(data);
    } catch (error) {
      console.error('unreadable frame, connecting anew', error);
      socket.close(4000, 'unreadable frame');
    }
  }

  private receiveJson(frame: JsonFrame): void {
    if (frame.op === 'ack') {
      for (const [topic, answer] of Object.entries(frame.topics)) this.acknowledge(topic, answer.topic_id);
      return;
    }
    if (frame.op !== undefined) {
      if (frame.op === 'error') console.warn('the server could not read a message', frame.code, frame.detail);
      return;
    }
    const subscription = this.wanted.get(frame.topic);
    if (!subscription) return;
    const snapshot = frame.type === 'snapshot';
    if (this.inSequence(subscription, frame.seq, snapshot))
      this.live.apply(frame.topic, snapshot, frame.data);
  }

  private acknowledge(topic: string, topicId: number | undefined): void {
    const subscription = this.wanted.get(topic);
    if (!subscription || topicId === undefined) return;
    if (subscription.topicId !== null) this.byId.delete(subscription.topicId);
    subscription.topicId = topicId;
    subscription.sequence = new Sequence();
    this.byId.set(topicId, subscription);
  }

  private receiveMarket(buffer: ArrayBuffer): void {
    const frame = decodeFrame(buffer);
    const subscription = this.byId.get(frame.topicId);
    if (!subscription || !this.inSequence(subscription, frame.seq, frame.snapshot)) return;
    this.live.applyMarket(frame, subscription.topic.slice(subscription.topic.lastIndexOf('.') + 1));
  }

  private inSequence(subscription: Subscription, seq: number, snapshot: boolean): boolean {
    const verdict = subscription.sequence.accept(seq, snapshot);
    if (verdict === 'gap') this.send('subscribe', [subscription.topic]);
    return verdict === 'apply';
  }

  /** Market time should be moving, yet nothing comes: say so rather than show old prices as new. */
  private watch(): void {
    const { connection, session } = this.live.state();
    const silent = performance.now() - this.lastFrameAt > kStaleAfterMs;
    const stale = connection.link === 'open' && session?.state === 'playing' && silent;
    if (stale !== connection.stale) this.live.setConnection({ stale });
  }
}
