// The colours and the font of the page's theme, as the canvas needs them.
import type { Look } from './engine';

export function lookOf(element: HTMLElement): Look {
  const style = getComputedStyle(element);
  const color = (name: string) => style.getPropertyValue(name).trim();
  return {
    background: color('--panel'),
    text: color('--text'),
    muted: color('--muted'),
    grid: color('--grid'),
    up: color('--up'),
    down: color('--down'),
    accent: color('--accent'),
    font: color('--mono'),
  };
}
