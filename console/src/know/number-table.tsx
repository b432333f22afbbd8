// The twin of a chart: the same numbers as a table, a line for each place on its axis.

import type { ReactNode } from 'react';

export interface NumberRow {
  head: ReactNode;
  cells: readonly ReactNode[];
  /** A line that sums the others up. */
  isTotal?: boolean;
}

export function NumberTable(props: {
  /** What the first column holds. */
  first: string;
  heads: readonly ReactNode[];
  rows: readonly NumberRow[];
}) {
  return (
    <div className="mt-4 max-h-[28rem] overflow-auto" tabIndex={0} role="region"
      aria-label="The same numbers as a table">
      <table className="grid-table">
        <thead className="sticky top-0 z-10 bg-raised">
          <tr>
            <th scope="col" className="pl-5">{props.first}</th>
            {props.heads.map((head, at) => (
              <th key={at} scope="col" className="number last:pr-5">{head}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {props.rows.map((row, line) => {
            const weight = row.isTotal ? 'font-semibold' : 'font-normal';
            return (
              <tr key={line}>
                <th scope="row" className={`pl-5 ${weight}`}>{row.head}</th>
                {row.cells.map((cell, at) => (
                  <td key={at} className={`number last:pr-5 ${weight}`}>{cell}</td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

/** A head with the mark by which the chart draws its line. */
export function Marked({ mark, children }: { mark: ReactNode; children: ReactNode }) {
  return (
    <span className="inline-flex items-center gap-2">
      {mark}
      {children}
    </span>
  );
}
