import { expect, test } from 'vitest';
import { readText } from './text_file';

const bytes = (...values: number[]) => new Uint8Array(values).buffer;

test('a text in UTF-8 is read as it is, without the mark of byte order', () => {
  expect(readText(new TextEncoder().encode('\ufeff매수 = False\n').buffer as ArrayBuffer)).toBe(
    '매수 = False\n',
  );
});

test('a text that Korean Windows wrote in its own encoding is read as Korean', () => {
  expect(readText(bytes(0xb8, 0xc5, 0xbc, 0xf6))).toBe('매수');
});
