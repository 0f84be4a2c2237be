// The head of a table: what each column is, at the side where the column has it.
import type { Key } from '../i18n/translate';
import { useT } from '../shell/app';

/** Left: words; right: numbers. */
export type Column = Key | { right: Key };

export function TableHead({ columns }: { columns: readonly Column[] }) {
  const t = useT();
  return (
    <thead>
      <tr>
        {columns.map((column) =>
          typeof column === 'string' ? (
            <th key={column} scope="col">
              {t(column)}
            </th>
          ) : (
            <th key={column.right} scope="col" className="right">
              {t(column.right)}
            </th>
          ),
        )}
      </tr>
    </thead>
  );
}
