// Nanosecond stamps as people read them. Stamps are decimal strings or BigInt; only milliseconds become numbers.
import type { Zone } from '../state/prefs';

export const msOf = (timeNs: string | bigint): number => Number(BigInt(timeNs) / 1_000_000n);

const pad = (value: number, width = 2): string => String(value).padStart(width, '0');

function shifted(ms: number, zone: Zone): Date {
  return zone === 'utc' ? new Date(ms) : new Date(ms - new Date(ms).getTimezoneOffset() * 60_000);
}

export function formatDate(timeNs: string | bigint, zone: Zone): string {
  const date = shifted(msOf(timeNs), zone);
  return `${date.getUTCFullYear()}-${pad(date.getUTCMonth() + 1)}-${pad(date.getUTCDate())}`;
}

/** 14:03:07.123, without the fraction where `digits` is 0. */
export function formatTime(timeNs: string | bigint, zone: Zone, digits: 0 | 3 = 3): string {
  const date = shifted(msOf(timeNs), zone);
  const whole = `${pad(date.getUTCHours())}:${pad(date.getUTCMinutes())}:${pad(date.getUTCSeconds())}`;
  return digits === 0 ? whole : `${whole}.${pad(date.getUTCMilliseconds(), 3)}`;
}

export function formatStamp(timeNs: string | bigint, zone: Zone): string {
  return `${formatDate(timeNs, zone)} ${formatTime(timeNs, zone)}`;
}

/** Share of the way from `from` to `to`, in 1/1000. */
export function progress(now: string, from: string, to: string): number {
  const all = BigInt(to) - BigInt(from);
  if (all <= 0n) return 1000;
  const done = ((BigInt(now) - BigInt(from)) * 1000n) / all;
  return Math.max(0, Math.min(1000, Number(done)));
}

/** The time at so many thousandths of the way. */
export function timeAt(thousandths: number, from: string, to: string): bigint {
  return BigInt(from) + ((BigInt(to) - BigInt(from)) * BigInt(Math.round(thousandths))) / 1000n;
}
