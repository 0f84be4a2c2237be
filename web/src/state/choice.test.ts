import { expect, it } from 'vitest';
import { commandOf } from './choice';

const choice = {
  instrument: 'sim:KRW-BTC',
  strategy: 'grid',
  parameters: { levels: '5' },
  from_time_ns: '1756684800000000000',
  to_time_ns: null,
  limits: null,
};

it('the command to paste begins what was chosen', () => {
  expect(commandOf(choice)).toBe(
    'stom serve --instrument sim:KRW-BTC --from 2025-09-01T00:00:00 --strategy grid --param levels=5 --session NEW',
  );
  expect(commandOf({ ...choice, strategy: null, parameters: {}, from_time_ns: null })).toBe(
    'stom serve --instrument sim:KRW-BTC --session NEW',
  );
});

it('limits are named one by one', () => {
  const limits = ['position@sim:KRW-BTC=2', 'order_rate=10/1s'];
  expect(commandOf({ ...choice, limits })).toContain(
    "--param levels=5 --limit 'position@sim:KRW-BTC=2' --limit order_rate=10/1s --session NEW",
  );
});

it('a value that a shell would act on is quoted', () => {
  expect(commandOf({ ...choice, parameters: { note: "a'; rm -rf ~" } })).toContain(
    "--param 'note=a'\\''; rm -rf ~'",
  );
});
