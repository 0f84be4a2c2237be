import { expect, it } from 'vitest';
import { defaults, PrefStore } from './prefs';

const storage = (text: string | null) => ({ getItem: () => text, setItem: () => {} });

it('the browser’s language decides at the first visit, English where we have none of its', () => {
  expect(defaults(['ko-KR', 'en'], false).language).toBe('ko');
  expect(defaults(['de-DE', 'en-US'], false).language).toBe('en');
  expect(defaults(['de-DE'], true)).toMatchObject({ language: 'en', theme: 'light' });
});

it('a choice outlives the visit, and broken or foreign content does no harm', () => {
  const base = defaults([], false);
  expect(new PrefStore(storage('{"theme":"light"}'), base).state().theme).toBe('light');
  expect(base.alertSound).toBe(true);
  expect(new PrefStore(storage('{"alertSound":false}'), base).state().alertSound).toBe(false);
  expect(new PrefStore(storage('{"theme":7,"evil":1}'), base).state()).toEqual(base);
  expect(new PrefStore(storage('not json'), base).state()).toEqual(base);
  expect(new PrefStore(storage(null), base).state()).toEqual(base);
});
