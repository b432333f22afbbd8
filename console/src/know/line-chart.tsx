// Lines over time as SVG. Colour is never alone: each line has its own dash and its name beside it.
// Arrow keys walk along the points; what they point at is said aloud.

import { useEffect, useId, useRef, useState, type KeyboardEvent, type PointerEvent } from 'react';
import type { Instant } from '../api/wire';
import { compact, count } from '../parts/format';
import { isRunning, longInterval, shortInterval, ticks, type Clock } from './scale';

export interface Line {
  name: string;
  values: number[];
}

const HEIGHT = 300;
const TOP = 24;
const BOTTOM = 28;
const DASHES = ['', '6 4', '2 3', '9 3 2 3', '1 4', '12 4', '4 2', '8 2 2 2'];
export const LINES_MAX = 8;

export const lineColour = (index: number) => `var(--series-${index % LINES_MAX})`;
export const lineDash = (index: number) => DASHES[index % DASHES.length] ?? '';

function useWidth() {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const watch = new ResizeObserver(() => setWidth(element.clientWidth));
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  return { box, width };
}

interface Frame {
  left: number;
  right: number;
  x: (index: number) => number;
  y: (value: number) => number;
  marks: number[];
}

function frameOf(lines: Line[], points: number, width: number): Frame {
  const top = Math.max(1, ...lines.flatMap((line) => line.values));
  const marks = ticks(top);
  const most = marks.at(-1) ?? 1;
  const left = 16 + 7 * Math.max(...marks.map((each) => compact(each).length));
  const right = width - 14;
  const inner = HEIGHT - TOP - BOTTOM;
  return {
    left,
    right,
    marks,
    x: (index) =>
      points < 2 ? (left + right) / 2 : left + ((right - left) * index) / (points - 1),
    y: (value) => TOP + inner - (inner * value) / most,
  };
}

export function LineChart(props: {
  lines: Line[];
  intervals: Instant[];
  clock: Clock;
  asOf: Instant;
}) {
  const { box, width } = useWidth();
  const [at, setAt] = useState<number | null>(null);
  const id = useId();
  const { lines, intervals } = props;
  const last = intervals.length - 1;
  const frame = frameOf(lines, intervals.length, width);

  const onKeyDown = (press: KeyboardEvent) => {
    const from = at ?? last;
    const next = { ArrowLeft: from - 1, ArrowRight: from + 1, Home: 0, End: last }[press.key];
    if (press.key === 'Escape') setAt(null);
    if (next === undefined) return;
    press.preventDefault();
    setAt(at === null ? last : Math.min(last, Math.max(0, next)));
  };
  const onPointerMove = (move: PointerEvent<SVGSVGElement>) => {
    const x = move.clientX - move.currentTarget.getBoundingClientRect().left;
    const share = (x - frame.left) / Math.max(1, frame.right - frame.left);
    setAt(Math.min(last, Math.max(0, Math.round(share * last))));
  };
  return (
    <div className="px-2 pt-4 pb-3 sm:px-4">
      <div
        ref={box}
        role="group"
        tabIndex={0}
        aria-label="Chart. Arrow keys move along its points; the table holds the same numbers."
        aria-describedby={`${id}-said`}
        className="relative"
        onKeyDown={onKeyDown}
        onBlur={() => setAt(null)}
      >
        {width > 0 && (
          <svg
            width={width}
            height={HEIGHT}
            aria-hidden="true"
            className="block touch-pan-y select-none"
            onPointerMove={onPointerMove}
            onPointerLeave={() => setAt(null)}
          >
            <Axes {...props} frame={frame} width={width} />
            {lines.map((line, index) => (
              <Path key={line.name} line={line} index={index} frame={frame}
                fill={lines.length === 1} />
            ))}
            {at !== null && <Cursor at={at} lines={lines} frame={frame} />}
          </svg>
        )}
        {at !== null && width > 0 && (
          <Tip {...props} at={at} left={frame.x(at)} width={width} />
        )}
        <p id={`${id}-said`} className="sr-only" aria-live="polite">
          {at !== null && said(props, at)}
        </p>
      </div>
      {lines.length > 1 && <Legend lines={lines} />}
    </div>
  );
}

function said(props: { lines: Line[]; intervals: Instant[]; clock: Clock }, at: number) {
  const when = props.intervals[at];
  if (when === undefined) return '';
  const values = props.lines.map((line) => `${line.name} ${count(line.values[at] ?? 0)}`);
  return `${longInterval(when, props.clock)}: ${values.join(', ')}`;
}

function Axes(props: {
  intervals: Instant[];
  clock: Clock;
  asOf: Instant;
  frame: Frame;
  width: number;
}) {
  const { frame, intervals } = props;
  const last = intervals.length - 1;
  const every = Math.max(1, Math.ceil((intervals.length * 78) / Math.max(1, props.width)));
  const newest = intervals[last];
  const running = newest !== undefined && last > 0 && isRunning(newest, props.clock, props.asOf);
  return (
    <g className="text-[0.75rem] tabular-nums" fill="var(--soft)">
      {running && (
        <g>
          <rect
            x={frame.x(last - 1)}
            y={TOP}
            width={frame.right - frame.x(last - 1)}
            height={HEIGHT - TOP - BOTTOM}
            fill="var(--sunken)"
          />
          <text x={frame.right} y={TOP - 8} textAnchor="end">
            so far
          </text>
        </g>
      )}
      {frame.marks.map((mark) => (
        <g key={mark}>
          <line x1={frame.left} x2={frame.right} y1={frame.y(mark)} y2={frame.y(mark)}
            stroke="var(--line)" />
          <text x={frame.left - 8} y={frame.y(mark) + 4} textAnchor="end">
            {compact(mark)}
          </text>
        </g>
      ))}
      {intervals.map((when, index) =>
        (last - index) % every === 0 ? (
          <text
            key={String(when)}
            x={index === last && last > 0 ? frame.right + 8 : frame.x(index)}
            y={HEIGHT - 8}
            textAnchor={index === last && last > 0 ? 'end' : 'middle'}
          >
            {shortInterval(when, props.clock)}
          </text>
        ) : null,
      )}
    </g>
  );
}

function Path(props: { line: Line; index: number; frame: Frame; fill: boolean }) {
  const { line, frame } = props;
  const points = line.values.map((value, index) => [frame.x(index), frame.y(value)] as const);
  const path = points.map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${x},${y}`).join('');
  const colour = lineColour(props.index);
  const [first, end] = [points[0], points.at(-1)];
  if (!first || !end) return null;
  return (
    <g>
      {props.fill && points.length > 1 && (
        <path d={`${path}L${end[0]},${frame.y(0)}L${first[0]},${frame.y(0)}Z`} fill={colour}
          opacity="0.1" />
      )}
      <path
        d={path}
        fill="none"
        stroke={colour}
        strokeWidth="2"
        strokeLinejoin="round"
        strokeDasharray={lineDash(props.index)}
      />
      {points.length === 1 && <circle cx={first[0]} cy={first[1]} r="4" fill={colour} />}
    </g>
  );
}

function Cursor({ at, lines, frame }: { at: number; lines: Line[]; frame: Frame }) {
  const x = frame.x(at);
  return (
    <g>
      <line x1={x} x2={x} y1={TOP} y2={HEIGHT - BOTTOM} stroke="var(--edge)" />
      {lines.map((line, index) => (
        <circle
          key={line.name}
          cx={x}
          cy={frame.y(line.values[at] ?? 0)}
          r="4"
          fill="var(--raised)"
          stroke={lineColour(index)}
          strokeWidth="2"
        />
      ))}
    </g>
  );
}

function Tip(props: {
  lines: Line[];
  intervals: Instant[];
  clock: Clock;
  at: number;
  left: number;
  width: number;
}) {
  const when = props.intervals[props.at];
  if (when === undefined) return null;
  const onLeft = props.left > props.width / 2;
  return (
    <div
      aria-hidden="true"
      className="pointer-events-none absolute top-3 z-10 max-w-[16rem] rounded-lg border
        border-line bg-raised px-3 py-2 text-[0.8125rem] shadow-high"
      style={onLeft ? { right: props.width - props.left + 14 } : { left: props.left + 14 }}
    >
      <p className="mb-1 text-soft">{longInterval(when, props.clock)}</p>
      {props.lines.map((line, index) => (
        <p key={line.name} className="flex items-center gap-2 tabular-nums">
          <Swatch index={index} />
          <span className="min-w-0 flex-1 truncate">{line.name}</span>
          <b className="pl-3">{count(line.values[props.at] ?? 0)}</b>
        </p>
      ))}
    </div>
  );
}

export function Swatch({ index }: { index: number }) {
  return (
    <svg width="20" height="8" aria-hidden="true" className="shrink-0">
      <line
        x1="0"
        x2="20"
        y1="4"
        y2="4"
        stroke={lineColour(index)}
        strokeWidth="2.5"
        strokeDasharray={lineDash(index)}
      />
    </svg>
  );
}

function Legend({ lines }: { lines: Line[] }) {
  return (
    <ul className="flex flex-wrap gap-x-5 gap-y-1 px-3 pt-2 text-[0.8125rem]">
      {lines.map((line, index) => (
        <li key={line.name} className="flex min-w-0 items-center gap-2">
          <Swatch index={index} />
          <span className="truncate">{line.name}</span>
        </li>
      ))}
    </ul>
  );
}
