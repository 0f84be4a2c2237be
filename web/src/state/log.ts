// Lines of the session's log in the reader's language: made of code and parameters where we have words for the code, else
// the engine's English text.
import { type Key, known, type Translate } from '../i18n/translate';
import { formatText } from '../money/decimal';
import { formatTime } from '../money/time';
import type { LogEntry } from '../wire/types';
import type { LogFilter, Zone } from './prefs';

export function logText(entry: LogEntry, t: Translate, zone: Zone): string {
  const words = known('log.code', entry.code);
  if (!words) return entry.text;
  const values: Record<string, string> = {};
  for (const [name, value] of Object.entries(entry.params)) values[name] = worded(name, value, t, zone);
  return t(words, values);
}

/** Enumerations of the API in words; numbers with their groups. */
function worded(name: string, value: string, t: Translate, zone: Zone): string {
  if (value === '') return '–'; // the price of a market order, the strategy of a session without one
  const key = kWordsOf[name] && known(kWordsOf[name], value);
  if (key) return t(key as Key);
  switch (name) {
    case 'price':
    case 'quantity':
      return formatText(value);
    case 'speed':
      return value === 'max' ? t('replay.max') : `×${value}`;
    case 'time_ns':
      return formatTime(value, zone, 0);
    case 'size':
      return value === 'event' ? t('replay.one_event') : value;
    default:
      return value;
  }
}

const kWordsOf: Record<string, string> = {
  side: 'side',
  type: 'ticket',
  reason: 'error',
  liquidity: 'fill',
  source: 'source',
};

export function isLogShown(entry: LogEntry, filter: LogFilter): boolean {
  switch (filter) {
    case 'operator':
      return entry.source === 'operator' || entry.source === 'engine' || entry.params.source === 'manual';
    case 'fills':
      return entry.code === 'fill';
    case 'problems':
      return entry.level !== 'info';
    default:
      return true;
  }
}
