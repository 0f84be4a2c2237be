import { expect, it } from 'vitest';
import { tokenIn } from './token';

const kToken = '3f0c'.repeat(16);

it.each([
  kToken,
  `#token=${kToken}`,
  `http://127.0.0.1:8765/#token=${kToken}`,
  ` http://127.0.0.1:8765/#token=${kToken}\n`,
])('the token is found in %j', (text) => expect(tokenIn(text)).toBe(kToken));

it.each([
  '',
  'http://127.0.0.1:8765/',
  'token',
  `?token=${kToken}`,
  `#token=${kToken}<script>`,
  '#token=short',
])('%j holds no token', (text) => expect(tokenIn(text)).toBeNull());
