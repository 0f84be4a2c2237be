// What the user can make the engine do. Each call ends in a notice when it is refused; nothing fails in silence.
import { decimal, parseUnits, signOf, toText } from '../money/decimal';
import { gridOf } from '../money/ladder';
import { type Api, ApiError } from '../net/api';
import type { Live } from '../state/live';
import type { Notices } from '../state/notices';
import { checkOrder, type Ticket } from '../state/ticket';
import { type Instrument, isOpen, type NewOrder, type SessionChoice, type Side } from '../wire/types';

export class Actions {
  constructor(
    private readonly api: Api,
    private readonly live: Live,
    private readonly notices: Notices,
    private readonly ticket: Ticket,
  ) {}

  control(action: string, value?: string): Promise<void> {
    return this.guard(async () => this.live.setSession(await this.api.control(action, value)));
  }

  /** True where the session was begun; a refusal is told and the old session goes on. */
  async begin(choice: SessionChoice): Promise<boolean> {
    let begun = false;
    await this.guard(async () => {
      this.live.setSession(await this.api.begin(choice));
      begun = true;
    });
    return begun;
  }

  /** Market time runs forward only: to be earlier in the recording is to start over and run to there. */
  seek(timeNs: bigint, startOver: boolean): Promise<void> {
    return this.guard(async () => {
      if (startOver) await this.api.control('restart');
      this.live.setSession(await this.api.control('jump', String(timeNs)));
    });
  }

  toggle(): Promise<void> {
    return this.control(this.live.state().session?.state === 'playing' ? 'pause' : 'play');
  }

  place(order: NewOrder): Promise<void> {
    return this.guard(async () => {
      this.ticket.set({ sent: null });
      const placed = await this.api.placeOrder(order);
      this.live.noteOrder(placed);
      this.ticket.set({ sent: placed.client_order_id });
    });
  }

  cancel(id: string): Promise<void> {
    return this.guard(async () => this.live.noteOrder(await this.api.cancel(id)));
  }

  async cancelAll(): Promise<void> {
    const open = this.live.state().orders.filter((order) => isOpen(order) && order.source === 'manual');
    await Promise.all(open.map((order) => this.cancel(order.client_order_id)));
  }

  flatten(instrument: string | null): Promise<void> {
    return this.guard(async () => {
      const { orders } = await this.api.flatten(instrument);
      for (const order of orders) this.live.noteOrder(order);
      this.tell('flatten_sent');
    });
  }

  /** The ticket as it stands; a fault in it is shown in the ticket itself. */
  submit(side: Side, instrument: Instrument): Promise<void> {
    const checked = checkOrder(this.ticket.state(), side, instrument.id, gridOf(instrument));
    return 'order' in checked ? this.place(checked.order) : Promise.resolve();
  }

  /** Keys: the ticket's quantity at the best price of our own side, as maker only; or at market. */
  join(side: Side, instrument: Instrument): Promise<void> {
    const { bids, asks } = this.live.state().book;
    const best = side === 'buy' ? bids[0] : asks[0];
    const quantity = this.quantityOf(instrument);
    if (!best || quantity === null) return Promise.resolve();
    const price = toText(best.price, instrument.price_decimals);
    return this.place({ instrument: instrument.id, side, type: 'limit', quantity, price, post_only: true });
  }

  market(side: Side, instrument: Instrument): Promise<void> {
    const quantity = this.quantityOf(instrument);
    if (quantity === null) return Promise.resolve();
    return this.place({ instrument: instrument.id, side, type: 'market', quantity });
  }

  /** From long to short of the same size, and back. */
  reverse(instrument: Instrument): Promise<void> {
    const held = this.live.state().positions.find((position) => position.instrument === instrument.id);
    const units = held ? parseUnits(held.quantity, instrument.quantity_decimals) : null;
    if (!units) return Promise.resolve();
    const twice = units > 0n ? units * 2n : units * -2n;
    const quantity = toText(twice, instrument.quantity_decimals);
    return this.place({
      instrument: instrument.id,
      side: units > 0n ? 'sell' : 'buy',
      type: 'market',
      quantity,
    });
  }

  private quantityOf(instrument: Instrument): string | null {
    const typed = this.ticket.state().quantity.replaceAll(',', '');
    const units = parseUnits(typed || '0', instrument.quantity_decimals);
    if (units !== null && signOf(decimal(toText(units, instrument.quantity_decimals))) > 0) {
      return toText(units, instrument.quantity_decimals);
    }
    this.notices.add({ kind: 'error', code: 'no_quantity', title: '', detail: '', hint: '', params: {} });
    return null;
  }

  private tell(code: string): void {
    this.notices.add({ kind: 'ok', code, title: '', detail: '', hint: '', params: {} });
  }

  private async guard(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (error instanceof ApiError) {
        const { code, title, detail, hint, params } = error.problem;
        this.notices.add({ kind: 'error', code, title, detail, hint, params });
      } else {
        const detail = error instanceof Error ? error.message : String(error);
        this.notices.add({ kind: 'error', code: 'no_answer', title: '', detail, hint: '', params: {} });
      }
    }
  }
}
