import { describe, expect, it } from 'vitest';
import { kShortcuts } from '../keys/keys';
import en from './en.json';
import ko from './ko.json';
import { known, translator } from './translate';

const holes = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort();

describe('every word of the page exists in every language', () => {
  const words: Record<string, Record<string, string>> = { en, ko };
  const keys = Object.keys(en);
  it.each(
    Object.keys(words),
  )('%s has exactly the keys of English, none empty, the same values to fill in', (language) => {
    const own = words[language] ?? {};
    expect(Object.keys(own).sort()).toEqual([...keys].sort());
    for (const key of keys) {
      expect(own[key]?.trim(), key).not.toBe('');
      expect(holes(own[key] ?? ''), key).toEqual(holes((en as Record<string, string>)[key] ?? ''));
    }
  });

  it('Korean is Korean', () => {
    const untouched = keys.filter((key) => !/[가-힣]/.test((ko as Record<string, string>)[key] ?? ''));
    expect(untouched).toEqual([]);
  });
});

it('values are filled in', () => {
  expect(translator('en')('banner.retry_in', { tries: 2, seconds: 3 })).toBe('Try 2 in 3 s');
});

it('a code that we have no words for is left to the server’s text', () => {
  expect(known('error', 'off_tick')).toBe('error.off_tick');
  expect(known('error', 'something_new')).toBeNull();
});

it('the help sheet names every shortcut', () => {
  for (const { words } of kShortcuts) expect(Object.keys(en)).toContain(words);
});
