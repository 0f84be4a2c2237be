// A choice of session as the command line says it.
import { formatDate, formatTime } from '../money/time';
import type { SessionChoice } from '../wire/types';

/** Quoted where a shell would read more into it than the word. */
const word = (text: string): string =>
  /^[\w:.,=/+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

const stamp = (timeNs: string): string => `${formatDate(timeNs, 'utc')}T${formatTime(timeNs, 'utc', 0)}`;

export function commandOf(choice: SessionChoice): string {
  const words = ['stom serve', `--instrument ${word(choice.instrument)}`];
  if (choice.from_time_ns) words.push(`--from ${stamp(choice.from_time_ns)}`);
  if (choice.to_time_ns) words.push(`--to ${stamp(choice.to_time_ns)}`);
  if (choice.strategy) words.push(`--strategy ${word(choice.strategy)}`);
  // What has lines is a text, which the command line takes from a file.
  for (const [name, value] of Object.entries(choice.parameters))
    words.push(`--param ${word(`${name}=${value.includes('\n') ? `${name}.txt` : value}`)}`);
  for (const limit of choice.limits ?? []) words.push(`--limit ${word(limit)}`);
  return [...words, '--session NEW'].join(' ');
}
