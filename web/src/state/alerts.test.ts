import { describe, expect, it } from 'vitest';
import type { TradingAlert, TradingAlerts } from '../wire/types';
import { Alerts, kMostAlerts, kMostToasts, kSilentAfter, toastsOf, withAnswer } from './alerts';

const alert = (id: number, over: Partial<TradingAlert> = {}): TradingAlert => ({
  id: String(id),
  time_ns: String(id * 10),
  last_time_ns: String(id * 10),
  severity: 'warning',
  event: 'log',
  text: `line ${id}`,
  count: 1,
  ...over,
});
const session = (alerts: TradingAlert[] | null, over: Partial<TradingAlerts> = {}): TradingAlerts => ({
  session: '/data/today',
  pid: 4711,
  alerts,
  ...over,
});
const texts = (list: readonly { text: string }[]) => list.map(({ text }) => text);

describe('alerts of the trading sessions', () => {
  it('what was there before anybody looked is in the list, and is no news', () => {
    const { state, fresh } = withAnswer(null, [session([alert(1), alert(2)])], '99');
    expect(texts(state.list)).toEqual(['line 2', 'line 1']);
    expect(fresh).toEqual([]);
  });

  it('what comes after that is news once, however often it is told', () => {
    const first = withAnswer(null, [session([alert(1)])], '99').state;
    const second = withAnswer(first, [session([alert(1), alert(2)])], '99');
    expect(texts(second.fresh)).toEqual(['line 2']);
    const third = withAnswer(second.state, [session([alert(1), alert(2)])], '99');
    expect(third.fresh).toEqual([]);
    expect(third.state.list.length).toBe(2);
  });

  it('the same again is counted where it stands, and moves up', () => {
    const first = withAnswer(null, [session([alert(1), alert(2)])], '99').state;
    const again = alert(1, { count: 7, last_time_ns: '900', text: 'line 1, the last' });
    const { state, fresh } = withAnswer(first, [session([again, alert(2)])], '99');
    expect(fresh).toEqual([]);
    expect(texts(state.list)).toEqual(['line 1, the last', 'line 2']);
    expect(state.list[0]?.count).toBe(7);
  });

  it('a session that begins later, or begins again, has news from its first alert on', () => {
    const first = withAnswer(null, [session([alert(1), alert(2)])], '99').state;
    const other = { session: '/data/other', pid: 4712 };
    const both = withAnswer(first, [session([alert(1), alert(2)]), session([alert(1)], other)], '99');
    expect(both.fresh.map((one) => one.session)).toEqual(['other']);
    const again = withAnswer(
      both.state,
      [session([alert(1)], { pid: 5000 }), session([alert(1)], other)],
      '99',
    );
    expect(texts(again.fresh)).toEqual(['line 1']);
    expect(again.state.list.length).toBe(4);
  });

  it('a session that is gone is told once, and what it said stays in the list', () => {
    const first = withAnswer(null, [session([alert(1)])], '99').state;
    const gone = withAnswer(first, [], '5000');
    expect(gone.fresh).toMatchObject([
      { session: 'today', own: 'gone', severity: 'warning', time_ns: '5000' },
    ]);
    expect(gone.state.list.length).toBe(2);
    expect(withAnswer(gone.state, [], '6000').fresh).toEqual([]);
  });

  it('a session that has stopped to answer is told once, a busy moment and one of a version before are not', () => {
    let state = withAnswer(null, [session([])], '0').state;
    const told: string[] = [];
    for (let times = 1; times <= kSilentAfter + 5; times += 1) {
      const answer = withAnswer(state, [session(null)], String(times));
      state = answer.state;
      for (const { own, severity } of answer.fresh) told.push(`${times} ${own} ${severity}`);
    }
    expect(told).toEqual([`${kSilentAfter} silent critical`]);
    state = withAnswer(null, [session(null)], '0').state;
    for (let times = 1; times <= kSilentAfter + 5; times += 1)
      expect(withAnswer(state, [session(null)], String(times)).fresh).toEqual([]);
  });

  it('are bounded', () => {
    let state = withAnswer(null, [], '0').state;
    for (let pid = 1; pid <= 4; pid += 1) {
      const hundred = Array.from({ length: 100 }, (_, i) => alert(pid * 1000 + i));
      state = withAnswer(state, [session(hundred, { pid })], '0').state;
    }
    expect(state.list.length).toBe(kMostAlerts);
    expect(state.list[0]?.text).toBe('line 4099');
  });
});

it('the worst of what is new is shown over the screen, infos are not', () => {
  const first = withAnswer(null, [session([])], '0').state;
  const { fresh } = withAnswer(
    first,
    [
      session([
        alert(1, { severity: 'info' }),
        alert(2),
        alert(3, { severity: 'critical' }),
        alert(4),
        alert(5, { severity: 'info' }),
      ]),
    ],
    '0',
  );
  const { toasts, more } = toastsOf(fresh);
  expect(texts(toasts)).toEqual(['line 3', 'line 4']);
  expect(toasts.length).toBe(kMostToasts);
  expect(more).toBe(1);
});

it('what nobody has looked at is counted until somebody does', () => {
  const alerts = new Alerts();
  alerts.take([session([alert(1)])], '0');
  expect(alerts.state().unread).toBe(0);
  alerts.take([session([alert(1), alert(2), alert(3, { severity: 'info' })])], '0');
  expect(alerts.state()).toMatchObject({ unread: 1 });
  alerts.seen();
  expect(alerts.state().unread).toBe(0);
  expect(alerts.state().list.length).toBe(3);
});
