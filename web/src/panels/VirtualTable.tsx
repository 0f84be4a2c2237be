// A table that draws only the rows in view: thousands of rows, native table semantics, fixed row height.
import { type ReactNode, useRef, useState } from 'react';
import { useHeight } from './useHeight';

export interface Column<T> {
  readonly key: string;
  readonly title: string;
  readonly numeric?: boolean;
  readonly cell: (row: T) => ReactNode;
}

interface Props<T> {
  readonly label: string;
  readonly empty: string;
  readonly columns: readonly Column<T>[];
  readonly rows: readonly T[];
  /** What keeps a row the same element: its name where something in it can be pressed, else its place (`at`), so that
   * thousands of new rows a second change texts and not elements. */
  readonly rowKey: (row: T, at: number) => string | number;
  readonly rowClass?: (row: T) => string;
  readonly rowData?: (row: T) => Record<`data-${string}`, string>;
}

/** A place is no name: an order may be called 6, too. */
const keyOf = (key: string | number): string => (typeof key === 'number' ? `at ${key}` : key);

const kRow = 23;
const kSpare = 6;

export function VirtualTable<T>({ label, empty, columns, rows, rowKey, rowClass, rowData }: Props<T>) {
  const scroller = useRef<HTMLDivElement>(null);
  const height = useHeight(scroller);
  const [top, setTop] = useState(0);
  const first = Math.max(0, Math.floor(top / kRow) - kSpare);
  const last = Math.min(rows.length, Math.ceil((top + height) / kRow) + kSpare);
  return (
    <div
      className="scroller"
      ref={scroller}
      tabIndex={0}
      role="region"
      aria-label={label}
      onScroll={(event) => setTop(event.currentTarget.scrollTop)}
    >
      <table aria-rowcount={rows.length + 1}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.key} scope="col" className={column.numeric ? 'right' : ''}>
                {column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {first > 0 && <tr aria-hidden="true" style={{ height: first * kRow }} />}
          {rows.slice(first, last).map((row, i) => (
            <tr
              key={keyOf(rowKey(row, i))}
              aria-rowindex={first + i + 2}
              className={rowClass?.(row)}
              {...rowData?.(row)}
            >
              {columns.map((column) => (
                <td key={column.key} className={column.numeric ? 'num right' : ''}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
          {last < rows.length && <tr aria-hidden="true" style={{ height: (rows.length - last) * kRow }} />}
        </tbody>
      </table>
      {rows.length === 0 && <p className="empty">{empty}</p>}
    </div>
  );
}
