// Lines over time as SVG. Colour is never alone: each line has its own dash and its name beside it.

import type { Annotation, Instant } from '../api/wire';
import { compact, date, exact } from '../parts/format';
import { Plot, type Frame, type PlotRow } from './plot';
import { isRunning, longInterval, shortInterval, type Clock } from './scale';

export interface Line {
  name: string;
  values: readonly (number | null)[];
  /** The moving average of the same. */
  smooth?: readonly (number | null)[] | undefined;
  /** The same in the period before, point by point. */
  earlier?: readonly (number | null)[] | undefined;
  pick?: ((point: number) => void) | undefined;
  /** How a value is written; a count when not said. */
  write?: ((value: number) => string) | undefined;
}

const DASHES = ['', '6 4', '2 3', '9 3 2 3', '1 4', '12 4', '4 2', '8 2 2 2'];
export const LINES_MAX = 8;
/** What a legend takes of a tile's height. */
export const LEGEND_PX = 34;

export const lineColour = (index: number) => `var(--series-${index % LINES_MAX})`;
export const lineDash = (index: number) => DASHES[index % DASHES.length] ?? '';

const numbers = (values: readonly (number | null)[] | undefined) =>
  (values ?? []).filter((each) => each !== null);

export function LineChart(props: {
  lines: readonly Line[];
  intervals: readonly Instant[];
  clock: Clock;
  asOf: Instant;
  height?: number | undefined;
  isWhole?: boolean;
  axis?: (value: number) => string;
  notes?: readonly Annotation[];
}) {
  const { lines, intervals, clock } = props;
  const all = lines.flatMap((line) => [
    ...numbers(line.values),
    ...numbers(line.smooth),
    ...numbers(line.earlier),
  ]);
  const newest = intervals.at(-1);
  const hasLegend = lines.length > 1 || lines.some((line) => line.earlier);
  const notes = placed(props.notes ?? [], intervals);
  return (
    <div className="px-2 pt-4 pb-3 sm:px-4">
      <Plot
        points={intervals.length}
        height={props.height && props.height - (hasLegend ? LEGEND_PX : 0)}
        least={Math.min(0, ...all)}
        most={Math.max(props.isWhole === false ? 0 : 1, ...all)}
        isWhole={props.isWhole ?? true}
        axis={props.axis ?? compact}
        short={(at) => write(intervals[at], (when) => shortInterval(when, clock))}
        long={(at) => write(intervals[at], (when) => longInterval(when, clock))}
        rows={(at) => rowsAt(lines, at, notes.get(at))}
        isRunning={newest !== undefined && isRunning(newest, clock, props.asOf)}
      >
        {(frame, at) => (
          <>
            <Notes notes={notes} frame={frame} />
            {lines.map((line, index) => (
              <Strokes key={line.name} line={line} index={index} frame={frame}
                isAlone={lines.length === 1} />
            ))}
            {at && <Cursor at={at} lines={lines} frame={frame} />}
          </>
        )}
      </Plot>
      {hasLegend && <Legend lines={lines} />}
    </div>
  );
}

const write = (when: Instant | undefined, how: (when: Instant) => string) =>
  when === undefined ? '' : how(when);

function rowsAt(lines: readonly Line[], at: number, notes: string[] = []): PlotRow[] {
  const rows = lines.flatMap((line, index) => {
    const say = (value: number | null | undefined) =>
      value === null || value === undefined ? '–' : (line.write ?? exact)(value);
    const pick = line.pick;
    const own: PlotRow = {
      name: line.name,
      text: say(line.values[at]),
      swatch: <Swatch index={index} />,
      value: line.values[at] ?? null,
      pick: pick ? () => pick(at) : undefined,
    };
    if (!line.earlier) return [own];
    const before = { name: 'before', text: say(line.earlier[at]), swatch: <Swatch index={index}
      faint /> };
    return [own, before];
  });
  return [...rows, ...notes.map((text) => ({ name: `✎ ${text}`, text: '' }))];
}

/** Annotations by the point in whose interval they fall. */
function placed(notes: readonly Annotation[], intervals: readonly Instant[]) {
  const starts = intervals.map((each) => date(each).getTime());
  const found = new Map<number, string[]>();
  for (const note of notes) {
    const time = date(note.time).getTime();
    const at = starts.findLastIndex((start) => start <= time);
    if (at >= 0) found.set(at, [...(found.get(at) ?? []), note.text]);
  }
  return found;
}

function Notes({ notes, frame }: { notes: Map<number, string[]>; frame: Frame }) {
  return [...notes.keys()].map((at) => (
    <g key={at}>
      <line x1={frame.x(at)} x2={frame.x(at)} y1={18} y2={frame.bottom} stroke="var(--edge)"
        strokeDasharray="2 3" />
      <path d={`M${frame.x(at) - 5},8h10l-5,9Z`} fill="var(--warn)" />
    </g>
  ));
}

/** A path through the points that are known, broken where one is not. */
function through(values: readonly (number | null)[], frame: Frame): string {
  let isOpen = false;
  return values
    .map((value, index) => {
      if (value === null) {
        isOpen = false;
        return '';
      }
      const step = `${isOpen ? 'L' : 'M'}${frame.x(index)},${frame.y(value)}`;
      isOpen = true;
      return step;
    })
    .join('');
}

function Strokes(props: { line: Line; index: number; frame: Frame; isAlone: boolean }) {
  const { line, frame } = props;
  const colour = lineColour(props.index);
  const isAll = line.values.every((each) => each !== null);
  const main = line.smooth ?? line.values;
  const path = through(main, frame);
  const zero = frame.y(0);
  const last = frame.x(line.values.length - 1);
  return (
    <g fill="none" stroke={colour} strokeLinejoin="round">
      {props.isAlone && isAll && !line.smooth && line.values.length > 1 && (
        <path d={`${path}L${last},${zero}L${frame.x(0)},${zero}Z`} fill={colour} stroke="none"
          opacity="0.1" />
      )}
      {line.earlier && (
        <path d={through(line.earlier, frame)} strokeWidth="1.5" strokeDasharray="1 4"
          strokeLinecap="round" opacity="0.8" />
      )}
      {line.smooth && props.isAlone && (
        <path d={through(line.values, frame)} strokeWidth="1" opacity="0.45" />
      )}
      <path d={path} strokeWidth="2" strokeDasharray={lineDash(props.index)} />
      {line.values.length === 1 && typeof line.values[0] === 'number' && (
        <circle cx={frame.x(0)} cy={frame.y(line.values[0])} r="4" fill={colour} />
      )}
    </g>
  );
}

function Cursor(props: {
  at: { point: number; row: number };
  lines: readonly Line[];
  frame: Frame;
}) {
  const { lines, frame } = props;
  const { point } = props.at;
  const x = frame.x(point);
  return (
    <g>
      <line x1={x} x2={x} y1={24} y2={frame.bottom} stroke="var(--edge)" />
      {lines.map((line, index) => {
        const value = line.values[point];
        return typeof value === 'number' ? (
          <circle key={line.name} cx={x} cy={frame.y(value)} r="4" fill="var(--raised)"
            stroke={lineColour(index)} strokeWidth="2" />
        ) : null;
      })}
    </g>
  );
}

export function Swatch({ index, faint = false }: { index: number; faint?: boolean }) {
  return (
    <svg width="20" height="8" aria-hidden="true" className="shrink-0">
      <line
        x1="0"
        x2="20"
        y1="4"
        y2="4"
        stroke={lineColour(index)}
        strokeWidth={faint ? 1.5 : 2.5}
        strokeDasharray={faint ? '1 4' : lineDash(index)}
        strokeLinecap={faint ? 'round' : 'butt'}
      />
    </svg>
  );
}

function Legend({ lines }: { lines: readonly Line[] }) {
  return (
    <ul className="flex flex-wrap gap-x-5 gap-y-1 px-3 pt-2 text-[0.8125rem]">
      {lines.map((line, index) => (
        <li key={line.name} className="flex min-w-0 items-center gap-2">
          <Swatch index={index} />
          <span className="truncate">{line.name}</span>
        </li>
      ))}
      {lines.some((line) => line.earlier) && (
        <li className="flex items-center gap-2 text-soft">
          <Swatch index={0} faint />
          <span>before</span>
        </li>
      )}
    </ul>
  );
}
