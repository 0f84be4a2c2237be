// A fraction of the API as per cent, with two digits behind the point; with four where two would make it a zero.
import { format, isZero, multiply, parseDecimal, round, signOf } from '../money/decimal';

const kHundred = { units: 100n, decimals: 0 };

export function Percent({ text, signed = false }: { text: string | null; signed?: boolean }) {
  const value = text === null ? null : parseDecimal(text);
  if (value === null) return text ?? '–';
  const whole = multiply(value, kHundred);
  const two = round(whole, 2);
  const percent = isZero(two) && !isZero(whole) ? round(whole, 4) : two;
  const sign = signOf(percent);
  return (
    <span className={!signed || sign === 0 ? '' : sign > 0 ? 'up' : 'down'}>
      {format(percent, { plus: signed })} %
    </span>
  );
}
