// An amount of money: digits that suit its currency; signed ones with mark and colour, so that neither is needed alone.
import { currencyDecimals, decimal, format, signOf } from '../money/decimal';

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
  const sign = signOf(value);
  const shown = format(value, { decimals: currencyDecimals(currency), plus: signed });
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
