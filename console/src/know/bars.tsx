// Columns over a row of points, stacked, upwards and downwards from zero. Colour is never alone:
// each part has its own pattern.

import type { ReactNode } from 'react';
import { compact, count } from '../parts/format';
import { LEGEND_PX } from './line-chart';
import { Plot, type Frame } from './plot';

export interface Part {
  name: string;
  /** Below zero what goes down. */
  values: readonly number[];
  colour: string;
  pattern?: 'plain' | 'lines' | 'dots' | 'cross';
  pick?: ((point: number) => void) | undefined;
}

export function Bars(props: {
  parts: readonly Part[];
  points: number;
  short: (index: number) => string;
  long: (index: number) => string;
  /** Beside each other rather than on each other. */
  isGrouped?: boolean;
  isRunning?: boolean;
  height?: number | undefined;
  axis?: (value: number) => string;
}) {
  const { parts, points } = props;
  const sums = (isUp: boolean) =>
    Array.from({ length: points }, (_, at) => {
      const own = parts.map((part) => part.values[at] ?? 0).filter((each) => each > 0 === isUp);
      if (props.isGrouped) return isUp ? Math.max(0, ...own) : Math.min(0, ...own);
      return own.reduce((sum, each) => sum + each, 0);
    });
  return (
    <div className="px-2 pt-4 pb-3 sm:px-4">
      <Plot
        points={points}
        height={props.height && props.height - (parts.length > 1 ? LEGEND_PX : 0)}
        least={Math.min(0, ...sums(false))}
        most={Math.max(1, ...sums(true))}
        inBands
        axis={props.axis ?? ((value) => compact(Math.abs(value)))}
        short={props.short}
        long={props.long}
        isRunning={props.isRunning ?? false}
        rows={(at) =>
          parts.map((part) => {
            const pick = part.pick;
            return {
              name: part.name,
              text: count(Math.abs(part.values[at] ?? 0)),
              swatch: <PartSwatch part={part} />,
              value: middle(parts, part, at, props.isGrouped ?? false),
              pick: pick ? () => pick(at) : undefined,
            };
          })
        }
      >
        {(frame, at) => (
          <>
            <Patterns parts={parts} />
            {at && (
              <rect x={frame.x(at.point) - frame.band / 2} y={24} width={frame.band}
                height={frame.bottom - 24} fill="var(--sunken)" />
            )}
            {Array.from({ length: points }, (_, point) => (
              <Column key={point} parts={parts} point={point} frame={frame}
                isGrouped={props.isGrouped ?? false}
                chosen={at?.point === point ? at.row : -1} />
            ))}
          </>
        )}
      </Plot>
      {parts.length > 1 && (
        <ul className="flex flex-wrap gap-x-5 gap-y-1 px-3 pt-2 text-[0.8125rem]">
          {parts.map((part) => (
            <li key={part.name} className="flex items-center gap-2">
              <PartSwatch part={part} />
              {part.name}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** Where a part's middle is, for a pointer to find it. */
function middle(parts: readonly Part[], own: Part, at: number, isGrouped: boolean): number {
  const value = own.values[at] ?? 0;
  if (isGrouped) return value;
  let base = 0;
  for (const part of parts) {
    if (part === own) break;
    const each = part.values[at] ?? 0;
    if (each >= 0 === value >= 0) base += each;
  }
  return base + value / 2;
}

const idOf = (part: Part) => `part-${part.name.replaceAll(/\W+/g, '-')}`;

function Patterns({ parts }: { parts: readonly Part[] }) {
  const marks: Record<string, ReactNode> = {
    lines: <path d="M0,6L6,0" stroke="var(--raised)" strokeWidth="1.6" />,
    dots: <circle cx="3" cy="3" r="1.2" fill="var(--raised)" />,
    cross: <path d="M0,0L6,6M0,6L6,0" stroke="var(--raised)" strokeWidth="1.1" />,
  };
  return (
    <defs>
      {parts.map((part) => (
        <pattern key={part.name} id={idOf(part)} width="6" height="6"
          patternUnits="userSpaceOnUse">
          <rect width="6" height="6" fill={part.colour} />
          {marks[part.pattern ?? 'plain']}
        </pattern>
      ))}
    </defs>
  );
}

function Column(props: {
  parts: readonly Part[];
  point: number;
  frame: Frame;
  isGrouped: boolean;
  chosen: number;
}) {
  const { frame, parts, point } = props;
  const all = Math.min(64, frame.band * 0.72);
  const width = props.isGrouped ? all / parts.length : all;
  let up = 0;
  let down = 0;
  return parts.map((part, index) => {
    const value = part.values[point] ?? 0;
    const base = props.isGrouped ? 0 : value >= 0 ? up : down;
    if (value >= 0) up = base + value;
    else down = base + value;
    if (value === 0) return null;
    const top = frame.y(Math.max(base, base + value));
    const low = frame.y(Math.min(base, base + value));
    const x = frame.x(point) - all / 2 + (props.isGrouped ? index * width : 0);
    return (
      <rect
        key={part.name}
        x={x}
        y={top}
        width={Math.max(1, width - (props.isGrouped ? 1 : 0))}
        height={Math.max(1, low - top - (props.isGrouped ? 0 : 1))}
        rx={Math.min(2, width / 4)}
        fill={`url(#${idOf(part)})`}
        stroke={index === props.chosen ? 'var(--ink)' : 'none'}
        strokeWidth="1.5"
      />
    );
  });
}

export function PartSwatch({ part }: { part: Part }) {
  return (
    <svg width="12" height="12" aria-hidden="true" className="shrink-0">
      <Patterns parts={[part]} />
      <rect width="12" height="12" rx="3" fill={`url(#${idOf(part)})`} />
    </svg>
  );
}
