// The order ticket's content, outside the ticket, because the ladder, the keys and the chart fill it in too; and whether
// the trading keys are armed. Texts are what the user typed; they become an order only through checkOrder.

import { parseUnits, toText } from '../money/decimal';
import { ceilTo, floorTo, type Grid, tickAt } from '../money/ladder';
import type { NewOrder, Order, Side } from '../wire/types';

export interface TicketState {
  readonly type: 'limit' | 'market';
  readonly price: string;
  readonly quantity: string;
  readonly timeInForce: 'gtc' | 'ioc' | 'fok';
  readonly postOnly: boolean;
  readonly reduceOnly: boolean;
  readonly armed: boolean;
  /** the order that was sent last, whose refusal the ticket tells; null once something in it was changed */
  readonly sent: string | null;
}

export class Ticket {
  private current: TicketState = {
    type: 'limit',
    price: '',
    quantity: '',
    timeInForce: 'gtc',
    postOnly: false,
    reduceOnly: false,
    armed: false,
    sent: null,
  };
  private readonly listeners = new Set<() => void>();

  readonly state = (): TicketState => this.current;
  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  set(change: Partial<TicketState>): void {
    this.current = { ...this.current, ...change };
    for (const listener of this.listeners) listener();
  }
}

/** Why the venue or the engine took none of it; null where it did, or where the order merely ended. */
export function refusalOf(order: Order | undefined): string | null {
  if (!order?.reason || order.reason === 'expired') return null;
  return order.status === 'rejected' || order.status === 'denied' || order.status === 'expired'
    ? order.reason
    : null;
}

export interface InputError {
  readonly field: 'price' | 'quantity';
  readonly code: 'missing' | 'not_a_number' | 'not_positive' | 'off_tick' | 'off_lot';
  /** the nearest valid values, where there are any */
  readonly nearest: readonly string[];
}

/** Either an order that the venue's grid allows, or what is wrong with the input. */
export function checkOrder(
  ticket: TicketState,
  side: Side,
  instrument: string,
  grid: Grid,
): { order: NewOrder } | { error: InputError } {
  const quantity = onGrid('quantity', ticket.quantity, grid.quantityDecimals, () => grid.lot);
  if ('error' in quantity) return quantity;
  const base = { instrument, side, quantity: quantity.text, reduce_only: ticket.reduceOnly };
  if (ticket.type === 'market') return { order: { ...base, type: 'market' } };
  const price = onGrid('price', ticket.price, grid.priceDecimals, (units) => tickAt(grid, units));
  if ('error' in price) return price;
  const terms = {
    time_in_force: ticket.timeInForce,
    post_only: ticket.postOnly && ticket.timeInForce === 'gtc',
  };
  return { order: { ...base, type: 'limit', price: price.text, ...terms } };
}

function onGrid(
  field: InputError['field'],
  input: string,
  decimals: number,
  stepAt: (units: bigint) => bigint,
): { text: string } | { error: InputError } {
  const fail = (code: InputError['code'], nearest: readonly string[] = []) => ({
    error: { field, code, nearest },
  });
  const typed = input.replaceAll(',', '').trim();
  if (typed === '') return fail('missing');
  if (!/^-?\d+(\.\d+)?$/.test(typed)) return fail('not_a_number');
  const fine = parseUnits(typed, decimals + 12); // finer than any grid, so that what was typed can be named exactly
  if (fine === null) return fail('not_a_number');
  if (fine <= 0n) return fail('not_positive');
  const exact = parseUnits(typed, decimals);
  const scale = 10n ** 12n;
  const step = stepAt(fine / scale);
  if (exact !== null && exact % step === 0n) return { text: toText(exact, decimals) };
  const around = [floorTo(fine, step * scale), ceilTo(fine, step * scale)].filter((units) => units > 0n);
  return fail(
    field === 'price' ? 'off_tick' : 'off_lot',
    around.map((units) => toText(units / scale, decimals)),
  );
}
