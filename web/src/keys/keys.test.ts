import { describe, expect, it } from 'vitest';
import { kShortcuts, shortcutFor } from './keys';

const press = (key: string, code: string, shiftKey = false) => shortcutFor({ key, code, shiftKey });

describe('keys', () => {
  it('mean the same on a Korean layout, where the A key types ㅁ', () => {
    expect(press('a', 'KeyA')).toBe('key.buy');
    expect(press('ㅁ', 'KeyA')).toBe('key.buy');
  });

  it('arming is not buying', () => {
    expect(press('A', 'KeyA', true)).toBe('key.arm');
    expect(press('ㅁ', 'KeyA', true)).toBe('key.arm');
  });

  it('tell a step from a long step', () => {
    expect(press('ArrowRight', 'ArrowRight')).toBe('key.step');
    expect(press('ArrowRight', 'ArrowRight', true)).toBe('key.step_long');
  });

  it('read what is typed with Shift by its sign', () => {
    expect(press('?', 'Slash', true)).toBe('key.help');
    expect(press('+', 'Equal', true)).toBe('key.group_more');
    expect(press('x', 'KeyX')).toBeNull();
  });

  it('no key has two meanings', () => {
    const all = kShortcuts.flatMap(({ keys }) => keys as readonly string[]);
    expect(new Set(all).size).toBe(all.length);
  });
});
