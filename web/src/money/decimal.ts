// Exact decimals for the page. A value is a BigInt that counts its last decimal ("units"); text is what the API speaks.
// No price, quantity or amount of money ever becomes a JavaScript number, but for the position of a pixel (toPixelNumber).

const kDecimal = /^([+-]?)(\d+)(?:\.(\d+))?$/;

export interface Decimal {
  readonly units: bigint;
  readonly decimals: number;
}

/** Reads "-12.50" exactly; null where the text is no plain decimal. */
export function parseDecimal(text: string): Decimal | null {
  const match = kDecimal.exec(text.trim());
  if (!match) return null;
  const fraction = match[3] ?? '';
  const units = BigInt((match[2] ?? '0') + fraction);
  return { units: match[1] === '-' ? -units : units, decimals: fraction.length };
}

/** For what the server sent: a text that is no decimal there is a fault, not an input error. */
export function decimal(text: string): Decimal {
  const value = parseDecimal(text);
  if (!value) throw new Error(`not a decimal: ${JSON.stringify(text)}`);
  return value;
}

export const pow10 = (n: number): bigint => 10n ** BigInt(n);

/** The value in units of 10^-decimals; null where digits would be lost. */
export function unitsOf(value: Decimal, decimals: number): bigint | null {
  if (decimals >= value.decimals) return value.units * pow10(decimals - value.decimals);
  const divisor = pow10(value.decimals - decimals);
  return value.units % divisor === 0n ? value.units / divisor : null;
}

export function parseUnits(text: string, decimals: number): bigint | null {
  const value = parseDecimal(text);
  return value ? unitsOf(value, decimals) : null;
}

/** Units to plain text, as the API wants it: "61234.50". */
export function toText(units: bigint, decimals: number): string {
  const negative = units < 0n;
  const digits = (negative ? -units : units).toString().padStart(decimals + 1, '0');
  const whole = digits.slice(0, digits.length - decimals);
  const text = decimals === 0 ? whole : `${whole}.${digits.slice(digits.length - decimals)}`;
  return negative ? `-${text}` : text;
}

function sameScale(a: Decimal, b: Decimal): [bigint, bigint, number] {
  const decimals = Math.max(a.decimals, b.decimals);
  return [a.units * pow10(decimals - a.decimals), b.units * pow10(decimals - b.decimals), decimals];
}

export function compare(a: Decimal, b: Decimal): -1 | 0 | 1 {
  const [x, y] = sameScale(a, b);
  return x < y ? -1 : x > y ? 1 : 0;
}

export function add(a: Decimal, b: Decimal): Decimal {
  const [x, y, decimals] = sameScale(a, b);
  return { units: x + y, decimals };
}

export function subtract(a: Decimal, b: Decimal): Decimal {
  return add(a, { units: -b.units, decimals: b.decimals });
}

export function multiply(a: Decimal, b: Decimal): Decimal {
  return { units: a.units * b.units, decimals: a.decimals + b.decimals };
}

/** a / b with `decimals` digits, rounded half to even (shown values only; the engine does the accounts). */
export function divide(a: Decimal, b: Decimal, decimals: number): Decimal {
  if (b.units === 0n) throw new Error('division by zero');
  const exponent = decimals + b.decimals - a.decimals;
  const numerator = exponent >= 0 ? a.units * pow10(exponent) : a.units;
  const denominator = exponent >= 0 ? b.units : b.units * pow10(-exponent);
  return { units: divideHalfEven(numerator, denominator), decimals };
}

export function divideHalfEven(numerator: bigint, denominator: bigint): bigint {
  const negative = numerator < 0n !== denominator < 0n;
  const n = numerator < 0n ? -numerator : numerator;
  const d = denominator < 0n ? -denominator : denominator;
  let quotient = n / d;
  const twice = (n % d) * 2n;
  if (twice > d || (twice === d && quotient % 2n === 1n)) quotient += 1n;
  return negative ? -quotient : quotient;
}

export function round(value: Decimal, decimals: number): Decimal {
  if (decimals >= value.decimals) return { units: value.units * pow10(decimals - value.decimals), decimals };
  return { units: divideHalfEven(value.units, pow10(value.decimals - decimals)), decimals };
}

export const isZero = (value: Decimal): boolean => value.units === 0n;
export const signOf = (value: Decimal): -1 | 0 | 1 => (value.units > 0n ? 1 : value.units < 0n ? -1 : 0);

/** Where a pixel goes. Never for a value that is shown, compared or sent. */
export function toPixelNumber(units: bigint, decimals: number): number {
  return Number(units) / 10 ** decimals;
}

function grouped(whole: string): string {
  return whole.replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

export interface Format {
  /** digits after the point: rounded (half to even) or filled with zeros */
  decimals?: number;
  /** at most so many digits, and no trailing zeros */
  atMost?: number;
  /** "+" before what is above zero */
  plus?: boolean;
  group?: boolean;
}

/** A decimal as a person reads it: "+1,234.50", with the true minus sign. */
export function format(value: Decimal, options: Format = {}): string {
  let shown = value;
  if (options.decimals !== undefined) shown = round(value, options.decimals);
  else if (options.atMost !== undefined) {
    shown = value.decimals > options.atMost ? round(value, options.atMost) : value;
  }
  const magnitude = toText(shown.units < 0n ? -shown.units : shown.units, shown.decimals);
  let [whole = '0', fraction = ''] = magnitude.split('.');
  if (options.decimals === undefined && options.atMost !== undefined) fraction = fraction.replace(/0+$/, '');
  if (options.group !== false) whole = grouped(whole);
  const sign = shown.units < 0n ? '−' : options.plus && shown.units > 0n ? '+' : '';
  return `${sign}${whole}${fraction ? `.${fraction}` : ''}`;
}

export function formatText(text: string | null | undefined, options: Format = {}): string {
  if (text === null || text === undefined) return '–';
  return format(decimal(text), options);
}

export function formatUnits(units: bigint, decimals: number, options: Format = {}): string {
  return format({ units, decimals }, options);
}

/** Digits after the point that suit an amount of this currency on the screen. */
export function currencyDecimals(currency: string): number {
  if (currency === 'KRW' || currency === 'JPY') return 0;
  if (/^(USD|USDT|USDC|EUR|BUSD)$/.test(currency)) return 2;
  return 8;
}

/**
 * Digits after the point with which a column fits whose largest value is `most`: eight digits in all, two after the point
 * at least. The full number stands in the tip.
 */
export function decimalsThatFit(most: bigint, decimals: number): number {
  const whole = (most / pow10(decimals)).toString().length;
  return Math.min(decimals, Math.max(2, 8 - whole));
}
