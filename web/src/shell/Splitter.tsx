// The bar between the market panels and the tables: dragged, or moved with the arrow keys.
import { type KeyboardEvent, type PointerEvent, type RefObject, useEffect, useState } from 'react';
import { useT } from './app';

const kKey = 'stom.lower';
const kLeast = 130;
const kMost = 600;
const clamp = (height: number) => Math.max(kLeast, Math.min(kMost, Math.round(height)));

export function Splitter({ grid }: { grid: RefObject<HTMLElement | null> }) {
  const t = useT();
  const [height, setHeight] = useState(() => clamp(Number(localStorage.getItem(kKey)) || 236));

  useEffect(() => {
    grid.current?.style.setProperty('--lower', `${height}px`);
    localStorage.setItem(kKey, String(height));
  }, [grid, height]);

  const move = (event: PointerEvent) => {
    if (event.buttons === 1 && grid.current)
      setHeight(clamp(grid.current.getBoundingClientRect().bottom - event.clientY));
  };
  const key = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowUp' ? 16 : event.key === 'ArrowDown' ? -16 : 0;
    if (step === 0) return;
    event.preventDefault();
    setHeight((now) => clamp(now + step));
  };
  return (
    <div
      className="splitter"
      role="separator"
      tabIndex={0}
      aria-orientation="horizontal"
      aria-label={t('shell.splitter')}
      aria-valuenow={height}
      aria-valuemin={kLeast}
      aria-valuemax={kMost}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={move}
      onKeyDown={key}
    />
  );
}
