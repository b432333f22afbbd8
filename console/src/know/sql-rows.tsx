// The rows that a text of SQL was answered with, on its page and on a dashboard's tile.

import type { SqlAnswer, Value } from '../api/wire';
import { plain } from '../parts/format';

/** A name as a text of SQL writes it: quoted, unless it is plain. */
export const written = (name: string) =>
  /^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;

const isNumber = (type: string) => /int|float|double|decimal|number|numeric|real/i.test(type);
const shown = (value: Value | undefined) => (value === undefined ? '' : plain(value));

export function SqlRows({ answer }: { answer: SqlAnswer }) {
  return (
    <table className="grid-table">
      <thead className="sticky top-0 z-10 bg-raised">
        <tr>
          {answer.columns.map((column, index) => (
            <th key={index} scope="col" className={isNumber(column.type) ? 'number' : ''}>
              <span className="inline-block max-w-[18rem] truncate align-bottom"
                title={column.name}>
                {column.name}
              </span>{' '}
              <span className="text-xs font-normal text-soft">{column.type}</span>
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {answer.rows.map((row, at) => (
          <tr key={at}>
            {answer.columns.map((column, index) => (
              <td key={index}
                className={`max-w-[28rem] truncate ${isNumber(column.type) ? 'number' : ''}`}>
                {shown(row[index])}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The answer as one figure, where it is one. */
export function onlyValue(answer: SqlAnswer): { value: string; label: string } | undefined {
  const [row, ...others] = answer.rows;
  const [column, ...beside] = answer.columns;
  if (!row || !column || others.length > 0 || beside.length > 0) return undefined;
  return { value: shown(row[0]), label: column.name };
}
