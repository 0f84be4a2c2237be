// The keyboard: one table that the listener and the help sheet share. Trading keys work only while armed; arming ends when
// the window loses focus, after 60 s without a key or click, and when the page draws fewer than 30 frames a second.
import { useEffect } from 'react';
import type { Key } from '../i18n/translate';
import { type App, useApp } from '../shell/app';
import { kIntervals } from '../state/prefs';
import type { Instrument } from '../wire/types';

export interface Shortcut {
  /** KeyboardEvent.key, "Shift+" before it where needed */
  readonly keys: readonly string[];
  readonly shown: string;
  readonly words: Key;
  readonly group: 'replay' | 'view' | 'trade';
}

export const kShortcuts = [
  { keys: [' '], shown: 'Space', words: 'key.play', group: 'replay' },
  { keys: ['ArrowRight'], shown: '→', words: 'key.step', group: 'replay' },
  { keys: ['Shift+ArrowRight'], shown: 'Shift →', words: 'key.step_long', group: 'replay' },
  { keys: ['.'], shown: '.', words: 'key.step_event', group: 'replay' },
  { keys: ['n'], shown: 'N', words: 'key.jump_fill', group: 'replay' },
  { keys: ['m'], shown: 'M', words: 'key.jump_order', group: 'replay' },
  { keys: ['1', '2', '3', '4', '5', '6', '7', '8'], shown: '1 … 8', words: 'key.interval', group: 'view' },
  { keys: ['+', '='], shown: '+', words: 'key.group_more', group: 'view' },
  { keys: ['-'], shown: '−', words: 'key.group_less', group: 'view' },
  { keys: ['f'], shown: 'F', words: 'key.fit', group: 'view' },
  { keys: ['l'], shown: 'L', words: 'key.log', group: 'view' },
  { keys: ['o'], shown: 'O', words: 'key.ticket', group: 'view' },
  { keys: ['v'], shown: 'V', words: 'key.venues', group: 'view' },
  { keys: ['?'], shown: '?', words: 'key.help', group: 'view' },
  { keys: ['Shift+A'], shown: 'Shift A', words: 'key.arm', group: 'trade' },
  { keys: ['q'], shown: 'Q', words: 'key.join_bid', group: 'trade' },
  { keys: ['w'], shown: 'W', words: 'key.join_ask', group: 'trade' },
  { keys: ['a'], shown: 'A', words: 'key.buy', group: 'trade' },
  { keys: ['s'], shown: 'S', words: 'key.sell', group: 'trade' },
  { keys: ['e'], shown: 'E', words: 'key.cancel', group: 'trade' },
  { keys: ['r'], shown: 'R', words: 'key.flatten', group: 'trade' },
  { keys: ['t'], shown: 'T', words: 'key.reverse', group: 'trade' },
] as const satisfies readonly Shortcut[];

export type Words = (typeof kShortcuts)[number]['words'];

/** Which shortcut a key press is; physical keys for letters, so that a Korean keyboard layout changes nothing. */
export function shortcutFor(event: Pick<KeyboardEvent, 'key' | 'code' | 'shiftKey'>): Words | null {
  const letter = /^Key([A-Z])$/.exec(event.code)?.[1];
  const base = letter ? (event.shiftKey ? letter : letter.toLowerCase()) : event.key;
  const name = event.shiftKey && (letter || base.startsWith('Arrow')) ? `Shift+${base}` : base;
  return kShortcuts.find(({ keys }) => (keys as readonly string[]).includes(name))?.words ?? null;
}

const kIdleMs = 60_000;
const kLeastFps = 30;

export const kChartEvents = { fit: 'stom:fit' } as const;

/** What a key may open; a panel in a window of its own has no room for the venues. */
export interface Openers {
  readonly help: () => void;
  readonly venues?: () => void;
}

export function useKeys({ help, venues }: Openers): void {
  const app = useApp();
  useEffect(() => {
    const disarm = () => app.ticket.state().armed && app.ticket.set({ armed: false });
    let idle = 0;
    const active = () => {
      clearTimeout(idle);
      idle = window.setTimeout(disarm, kIdleMs);
    };
    const press = (event: KeyboardEvent) => {
      active();
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      const words = shortcutFor(event);
      if (words && run(words, event.key, app, { help, venues })) event.preventDefault();
    };
    const stopWatching = watchFrames(app, disarm);
    window.addEventListener('keydown', press);
    window.addEventListener('pointerdown', active);
    window.addEventListener('blur', disarm);
    return () => {
      clearTimeout(idle);
      stopWatching();
      window.removeEventListener('keydown', press);
      window.removeEventListener('pointerdown', active);
      window.removeEventListener('blur', disarm);
    };
  }, [app, help, venues]);
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (document.querySelector('dialog[open]')) return true;
  return (
    target.matches('input, select, textarea, [contenteditable]') ||
    target.closest('[role=separator]') !== null
  );
}

/** True where the key did something. A focused button keeps Space and arrows for itself. */
function run(words: Words, key: string, app: App, open: Openers): boolean {
  const { actions, prefs, ticket } = app;
  const onButton = document.activeElement?.matches('button, a, [role=tab], summary') ?? false;
  switch (words) {
    case 'key.play':
      if (onButton) return false;
      void actions.toggle();
      return true;
    case 'key.step':
      void actions.control('step', '1s');
      return true;
    case 'key.step_long':
      void actions.control('step', '1m');
      return true;
    case 'key.step_event':
      void actions.control('step', 'event');
      return true;
    case 'key.jump_fill':
      void actions.control('jump', 'fill');
      return true;
    case 'key.jump_order':
      void actions.control('jump', 'order');
      return true;
    case 'key.interval': {
      const interval = kIntervals[Number(key) - 1];
      if (interval) prefs.set({ interval });
      return true;
    }
    case 'key.group_more':
    case 'key.group_less':
      prefs.set({
        grouping: Math.max(0, Math.min(5, prefs.state().grouping + (words === 'key.group_more' ? 1 : -1))),
      });
      return true;
    case 'key.fit':
      window.dispatchEvent(new Event(kChartEvents.fit));
      return true;
    case 'key.log':
      prefs.set({ tab: 'log' });
      return true;
    case 'key.ticket':
      document.getElementById('ticket-quantity')?.focus();
      return true;
    case 'key.venues':
      open.venues?.();
      return open.venues !== undefined;
    case 'key.help':
      open.help();
      return true;
    case 'key.arm':
      ticket.set({ armed: !ticket.state().armed });
      return true;
    default:
      return ticket.state().armed && trade(words, app);
  }
}

function trade(words: Words, { actions, live, prefs }: App): boolean {
  const session = live.state().session;
  const chosen =
    session?.instruments.find(({ id }) => id === prefs.state().instrument) ?? session?.instruments[0];
  if (!chosen) return false;
  const does: Partial<Record<Words, (instrument: Instrument) => Promise<void>>> = {
    'key.join_bid': (instrument) => actions.join('buy', instrument),
    'key.join_ask': (instrument) => actions.join('sell', instrument),
    'key.buy': (instrument) => actions.market('buy', instrument),
    'key.sell': (instrument) => actions.market('sell', instrument),
    'key.cancel': () => actions.cancelAll(),
    'key.flatten': (instrument) => actions.flatten(instrument.id),
    'key.reverse': (instrument) => actions.reverse(instrument),
  };
  void does[words]?.(chosen);
  return words in does;
}

/** Measures only while armed: a page that stutters shows prices too late to trade by key. */
function watchFrames({ ticket }: App, disarm: () => void): () => void {
  let frame = 0;
  let since = 0;
  let frames = 0;
  const count = (now: number) => {
    frames += 1;
    if (now - since >= 2_000) {
      if ((frames * 1000) / (now - since) < kLeastFps) disarm();
      since = now;
      frames = 0;
    }
    frame = ticket.state().armed ? requestAnimationFrame(count) : 0;
  };
  const unsubscribe = ticket.subscribe(() => {
    if (!ticket.state().armed || frame !== 0) return;
    since = performance.now();
    frames = 0;
    frame = requestAnimationFrame(count);
  });
  return () => {
    unsubscribe();
    cancelAnimationFrame(frame);
  };
}
