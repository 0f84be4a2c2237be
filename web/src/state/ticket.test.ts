import { describe, expect, it } from 'vitest';
import type { Grid } from '../money/ladder';
import type { Order } from '../wire/types';
import { checkOrder, refusalOf, Ticket, type TicketState } from './ticket';

const grid: Grid = { priceDecimals: 1, quantityDecimals: 3, lot: 1n, bands: [{ from: 0n, tick: 5n }] }; // tick 0.5
const ticket = (change: Partial<TicketState>): TicketState => ({ ...new Ticket().state(), ...change });
const check = (change: Partial<TicketState>) => checkOrder(ticket(change), 'buy', 'x:Y', grid);

describe('an order leaves the ticket only as the venue can take it', () => {
  it('limit, with its terms', () => {
    expect(check({ price: '61,234.5', quantity: '0.01', postOnly: true })).toEqual({
      order: {
        instrument: 'x:Y',
        side: 'buy',
        type: 'limit',
        price: '61234.5',
        quantity: '0.010',
        time_in_force: 'gtc',
        post_only: true,
        reduce_only: false,
      },
    });
  });

  it('market, without a price even if one was typed', () => {
    const checked = check({ type: 'market', price: '1', quantity: '2', reduceOnly: true });
    expect(checked).toEqual({
      order: { instrument: 'x:Y', side: 'buy', type: 'market', quantity: '2.000', reduce_only: true },
    });
  });

  it('post-only is dropped where the order must trade at once', () => {
    expect(check({ price: '1', quantity: '1', postOnly: true, timeInForce: 'ioc' })).toMatchObject({
      order: { post_only: false },
    });
  });

  it.each([
    [{ quantity: '' }, 'quantity', 'missing', []],
    [{ quantity: 'ten' }, 'quantity', 'not_a_number', []],
    [{ quantity: '1e3' }, 'quantity', 'not_a_number', []],
    [{ quantity: '-1' }, 'quantity', 'not_positive', []],
    [{ quantity: '0' }, 'quantity', 'not_positive', []],
    [{ quantity: '0.0015' }, 'quantity', 'off_lot', ['0.001', '0.002']],
    [{ quantity: '1', price: '61234.7' }, 'price', 'off_tick', ['61234.5', '61235.0']],
    [{ quantity: '1', price: '61234.55' }, 'price', 'off_tick', ['61234.5', '61235.0']],
    [{ quantity: '1', price: '0.2' }, 'price', 'off_tick', ['0.5']],
  ] as const)('%j is stopped with what is near', (change, field, code, nearest) => {
    expect(check(change)).toEqual({ error: { field, code, nearest } });
  });
});

it('the ticket tells a refusal, and no other end of an order', () => {
  const ended = (status: Order['status'], reason: string | null) => refusalOf({ status, reason } as Order);
  expect(ended('rejected', 'insufficient_balance')).toBe('insufficient_balance');
  expect(ended('expired', 'post_only_would_take')).toBe('post_only_would_take');
  expect(ended('expired', 'expired')).toBeNull();
  expect(ended('canceled', 'liquidation')).toBeNull();
  expect(ended('filled', null)).toBeNull();
  expect(refusalOf(undefined)).toBeNull();
});
