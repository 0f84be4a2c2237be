import { expect, it } from 'vitest';
import { formatDate, formatStamp, formatTime, msOf, progress } from './time';

it('a stamp of 19 digits keeps its milliseconds', () => {
  expect(msOf('1723096800123456789')).toBe(1723096800123);
  expect(formatStamp('1723096800123456789', 'utc')).toBe('2024-08-08 06:00:00.123');
  expect(formatTime(1723096800123456789n, 'utc', 0)).toBe('06:00:00');
  expect(formatDate('1723161599999999999', 'utc')).toBe('2024-08-08');
});

it('progress stays within the recording', () => {
  expect(progress('150', '100', '200')).toBe(500);
  expect(progress('50', '100', '200')).toBe(0);
  expect(progress('900', '100', '200')).toBe(1000);
  expect(progress('100', '100', '100')).toBe(1000);
});
