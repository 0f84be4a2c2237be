// Words of the page. One flat JSON a language; English is the list of keys, and a test holds the others to it.

import type { Language } from '../state/prefs';
import en from './en.json';
import ko from './ko.json';

export type Key = keyof typeof en;
export type Translate = (key: Key, values?: Record<string, string | number>) => string;

const kWords: Record<Language, Record<Key, string>> = { en, ko };

export function translator(language: Language): Translate {
  const words = kWords[language];
  return (key, values) =>
    words[key].replace(/\{(\w+)\}/g, (whole, name: string) => String(values?.[name] ?? whole));
}

/** A code of the server in the user's language, or null where we have no words for it (then its English text is shown). */
export function known(prefix: string, code: string): Key | null {
  const key = `${prefix}.${code}`;
  return key in en ? (key as Key) : null;
}
