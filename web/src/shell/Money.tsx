// An amount of money: digits that suit its currency; signed ones with mark and colour, so that neither is needed alone.
import { currencyDecimals, decimal, format, round, signOf } from '../money/decimal';

export function Money({
  text,
  currency,
  signed = false,
}: {
  text: string;
  currency: string;
  signed?: boolean;
}) {
  const value = decimal(text);
  const decimals = currencyDecimals(currency);
  const sign = signOf(round(value, decimals)); // of what is shown: no arrow beside a zero
  const shown = format(value, { decimals, plus: signed });
  if (!signed) {
    return (
      <>
        {shown} <small>{currency}</small>
      </>
    );
  }
  return (
    <span className={sign > 0 ? 'up' : sign < 0 ? 'down' : ''}>
      <i aria-hidden="true">{sign > 0 ? '▲' : sign < 0 ? '▼' : ''}</i>
      {shown}
    </span>
  );
}
