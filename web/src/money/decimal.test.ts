import { describe, expect, it } from 'vitest';
import {
  add,
  compare,
  currencyDecimals,
  decimal,
  decimalsThatFit,
  divide,
  divideHalfEven,
  format,
  formatText,
  formatUnits,
  multiply,
  parseDecimal,
  parseUnits,
  round,
  subtract,
  toText,
} from './decimal';

describe('a price on the page is the price the engine sent', () => {
  it.each([
    '0',
    '61234.50',
    '-0.0000000001',
    '150000000',
    '12345678901234567890.123456789012345678',
  ])('%s survives reading and writing digit for digit', (text) => {
    const value = decimal(text);
    expect(toText(value.units, value.decimals)).toBe(text);
  });

  it('keeps what a float would lose', () => {
    expect(0.1 + 0.2).not.toBe(0.3);
    expect(compare(add(decimal('0.1'), decimal('0.2')), decimal('0.3'))).toBe(0);
    expect(toText(subtract(decimal('9007199254740993'), decimal('1')).units, 0)).toBe('9007199254740992');
  });

  it.each([
    '',
    ' ',
    '1e5',
    '1,000',
    '0x10',
    '.5',
    '5.',
    '--1',
    'NaN',
    '1.2.3',
  ])('%j is refused, not guessed at', (text) => {
    expect(parseDecimal(text)).toBeNull();
    expect(() => decimal(text)).toThrow();
  });

  it('does not fit a price with too many digits into the instrument', () => {
    expect(parseUnits('61234.5', 1)).toBe(612345n);
    expect(parseUnits('61234.50', 1)).toBe(612345n);
    expect(parseUnits('61234.57', 1)).toBeNull();
    expect(parseUnits('61234', 1)).toBe(612340n);
  });

  it('compares as numbers, whatever the zeros', () => {
    expect(compare(decimal('1.50'), decimal('1.5'))).toBe(0);
    expect(compare(decimal('-2'), decimal('-1.999'))).toBe(-1);
    expect(compare(decimal('10'), decimal('9.99'))).toBe(1);
  });
});

describe('value of an order', () => {
  it('is the exact product', () => {
    const value = multiply(decimal('61234.5'), decimal('0.013'));
    expect(toText(value.units, value.decimals)).toBe('796.0485');
  });

  it('of an inverse contract is contracts by price, rounded half to even at the shown digit', () => {
    expect(toText(divide(decimal('100'), decimal('61234.5'), 8).units, 8)).toBe('0.00163307');
    expect(() => divide(decimal('1'), decimal('0'), 8)).toThrow();
  });

  it('rounds halves to even on both sides of zero', () => {
    expect([5n, 15n, 25n, -5n, -15n].map((n) => divideHalfEven(n, 10n))).toEqual([0n, 2n, 2n, 0n, -2n]);
    expect(round(decimal('2.345'), 2).units).toBe(234n);
    expect(round(decimal('2.355'), 2).units).toBe(236n);
    expect(round(decimal('2.3'), 2).units).toBe(230n);
  });
});

describe('money as a trader reads it', () => {
  it('groups thousands and fills the currency’s digits', () => {
    expect(formatText('1234567.5', { decimals: 2 })).toBe('1,234,567.50');
    expect(formatText('150000000', { decimals: currencyDecimals('KRW') })).toBe('150,000,000');
    expect(formatText('0.00163307', { decimals: currencyDecimals('BTC') })).toBe('0.00163307');
  });

  it('shows gain and loss with their sign', () => {
    expect(formatText('12.3', { decimals: 2, plus: true })).toBe('+12.30');
    expect(formatText('-12.3', { decimals: 2, plus: true })).toBe('−12.30');
    expect(formatText('0', { decimals: 2, plus: true })).toBe('0.00');
    expect(formatText('-0.001', { decimals: 2 })).toBe('0.00');
  });

  it('cuts an average to the digits asked for, without idle zeros', () => {
    expect(formatText('61200.5000', { atMost: 3 })).toBe('61,200.5');
    expect(format({ units: 1n, decimals: 3 }, { atMost: 1 })).toBe('0');
  });

  it('shows a dash where there is no value', () => {
    expect(formatText(null)).toBe('–');
    expect(formatText(undefined)).toBe('–');
  });

  it('shows units of a book level with every digit of the instrument', () => {
    expect(formatUnits(612345n, 1)).toBe('61,234.5');
    expect(formatUnits(13n, 3)).toBe('0.013');
    expect(formatUnits(-13n, 0)).toBe('−13');
  });
});

it('a column of quantities keeps what fits: all digits of small ones, fewer behind large ones', () => {
  expect(decimalsThatFit(15_001n, 3)).toBe(3);
  expect(decimalsThatFit(2_094_733_783_227n, 8)).toBe(3);
  expect(decimalsThatFit(123_456_789n, 8)).toBe(7);
  expect(decimalsThatFit(99_999_999_999_999_999n, 8)).toBe(2);
  expect(decimalsThatFit(5n, 0)).toBe(0);
});
