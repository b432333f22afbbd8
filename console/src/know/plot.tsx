// What every chart over a row of points has: its axes, and a cursor. Arrow keys walk along the
// points and through their rows, Enter opens the people behind one; what it is at is said aloud.

import {
  useEffect,
  useId,
  useRef,
  useState,
  type KeyboardEvent,
  type PointerEvent,
  type ReactNode,
} from 'react';
import { compact } from '../parts/format';
import { ticksAround } from './scale';

export interface PlotRow {
  name: string;
  text: string;
  swatch?: ReactNode;
  /** Where the row is on the vertical axis, for a pointer to find it. */
  value?: number | null;
  pick?: (() => void) | undefined;
}

export interface Frame {
  left: number;
  right: number;
  bottom: number;
  /** The width that one point has. */
  band: number;
  x: (index: number) => number;
  y: (value: number) => number;
  marks: number[];
}

export interface PlotProps {
  points: number;
  height?: number | undefined;
  least?: number;
  most: number;
  isWhole?: boolean;
  /** Bars stand in their bands, lines reach from edge to edge. */
  inBands?: boolean;
  axis?: (value: number) => string;
  short: (index: number) => string;
  long: (index: number) => string;
  rows: (index: number) => PlotRow[];
  /** The last interval had not ended when the answer was given. */
  isRunning?: boolean;
  children: (frame: Frame, at: { point: number; row: number } | null) => ReactNode;
}

const HEIGHT = 300;
const TOP = 24;
const BOTTOM = 28;

export function useWidth() {
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

function frameOf(props: PlotProps, width: number, height: number): Frame {
  const { points, axis = compact } = props;
  const marks = ticksAround(props.least ?? 0, props.most, props.isWhole ?? true,
    height < 200 ? 2 : 4);
  const [low = 0, high = 1] = [marks[0], marks.at(-1)];
  const left = 16 + 7 * Math.max(...marks.map((each) => axis(each).length));
  const right = width - 14;
  const inner = height - TOP - BOTTOM;
  const isBand = props.inBands || points < 2;
  const band = (right - left) / Math.max(1, isBand ? points : points - 1);
  return {
    left,
    right,
    bottom: height - BOTTOM,
    band,
    marks,
    x: (index) => left + band * (isBand ? index + 0.5 : index),
    y: (value) => TOP + inner - (inner * (value - low)) / Math.max(1e-9, high - low),
  };
}

const clamp = (value: number, most: number) => Math.min(most, Math.max(0, value));

export function Plot(props: PlotProps) {
  const { box, width } = useWidth();
  const [at, setAt] = useState<{ point: number; row: number } | null>(null);
  const id = useId();
  const height = props.height ?? HEIGHT;
  const last = props.points - 1;
  const frame = frameOf(props, width, height);
  const rows = at ? props.rows(at.point) : [];

  const onKeyDown = (press: KeyboardEvent) => {
    if (press.key === 'Escape') setAt(null);
    if (press.key === 'Enter' && at) {
      press.preventDefault();
      rows[at.row]?.pick?.();
    }
    const from = at?.point ?? last;
    const aside = { ArrowLeft: from - 1, ArrowRight: from + 1, Home: 0, End: last }[press.key];
    const along = { ArrowUp: -1, ArrowDown: 1 }[press.key];
    if (aside === undefined && along === undefined) return;
    press.preventDefault();
    if (!at) setAt({ point: last, row: 0 });
    else if (aside !== undefined) setAt({ ...at, point: clamp(aside, last) });
    else setAt({ ...at, row: clamp(at.row + (along ?? 0), Math.max(0, rows.length - 1)) });
  };
  const onPointerMove = (move: PointerEvent<SVGSVGElement>) => {
    const place = move.currentTarget.getBoundingClientRect();
    const x = move.clientX - place.left - frame.left;
    const isBand = props.inBands || props.points < 2;
    const point = clamp(Math.round(x / Math.max(1, frame.band) - (isBand ? 0.5 : 0)), last);
    setAt({ point, row: nearest(props.rows(point), frame, move.clientY - place.top) });
  };
  const canPick = rows.some((row) => row.pick);
  return (
    <div
      ref={box}
      role="group"
      tabIndex={0}
      aria-label={
        'Chart. Arrow keys move along its points, Enter lists the people behind one; ' +
        'the table holds the same numbers.'
      }
      aria-describedby={`${id}-said`}
      className="relative"
      onKeyDown={onKeyDown}
      onBlur={() => setAt(null)}
    >
      {width > 0 && (
        <svg
          width={width}
          height={height}
          aria-hidden="true"
          className={`block touch-pan-y select-none ${canPick ? 'cursor-pointer' : ''}`}
          onPointerMove={onPointerMove}
          onPointerLeave={() => setAt(null)}
          onClick={() => at && rows[at.row]?.pick?.()}
        >
          <Axes {...props} frame={frame} width={width} height={height} />
          {props.children(frame, at)}
        </svg>
      )}
      {at && width > 0 && (
        <Tip title={props.long(at.point)} rows={rows} chosen={at.row} left={frame.x(at.point)}
          width={width} />
      )}
      <p id={`${id}-said`} className="sr-only" aria-live="polite">
        {at && said(props.long(at.point), rows, at.row)}
      </p>
    </div>
  );
}

function nearest(rows: PlotRow[], frame: Frame, y: number): number {
  let best = 0;
  let distance = Infinity;
  rows.forEach((row, index) => {
    if (row.value === null || row.value === undefined) return;
    const away = Math.abs(frame.y(row.value) - y);
    if (away < distance) [best, distance] = [index, away];
  });
  return best;
}

function said(title: string, rows: PlotRow[], chosen: number): string {
  const own = rows[chosen];
  const all = rows.map((row) => `${row.name} ${row.text}`).join(', ');
  return rows.length > 1 && own ? `${title}: ${all}. At ${own.name}` : `${title}: ${all}`;
}

function Axes(props: PlotProps & { frame: Frame; width: number; height: number }) {
  const { frame, points, axis = compact } = props;
  const last = points - 1;
  const letters = Math.max(props.short(0).length, props.short(last).length);
  const widest = Math.max(44, 9 * letters + 16);
  const every = Math.max(1, Math.ceil((points * widest) / Math.max(1, frame.right - frame.left)));
  const atEdge = !props.inBands && last > 0;
  return (
    <g className="text-[0.75rem] tabular-nums" fill="var(--soft)">
      {props.isRunning && last > 0 && <SoFar {...props} />}
      {frame.marks.map((mark) => (
        <g key={mark}>
          <line x1={frame.left} x2={frame.right} y1={frame.y(mark)} y2={frame.y(mark)}
            stroke={mark === 0 && (props.least ?? 0) < 0 ? 'var(--edge)' : 'var(--line)'} />
          <text x={frame.left - 8} y={frame.y(mark) + 4} textAnchor="end">
            {axis(mark)}
          </text>
        </g>
      ))}
      {Array.from({ length: points }, (_, index) =>
        (last - index) % every === 0 ? (
          <text
            key={index}
            x={index === last && atEdge ? frame.right + 8 : frame.x(index)}
            y={props.height - 8}
            textAnchor={index === last && atEdge ? 'end' : 'middle'}
          >
            {props.short(index)}
          </text>
        ) : null,
      )}
    </g>
  );
}

function SoFar({ frame, points, inBands }: PlotProps & { frame: Frame }) {
  const from = inBands ? frame.right - frame.band : frame.x(points - 2);
  return (
    <g>
      <rect x={from} y={TOP} width={frame.right - from} height={frame.bottom - TOP}
        fill="var(--sunken)" />
      <text x={frame.right} y={TOP - 8} textAnchor="end">
        so far
      </text>
    </g>
  );
}

function Tip(props: {
  title: string;
  rows: PlotRow[];
  chosen: number;
  left: number;
  width: number;
}) {
  const onLeft = props.left > props.width / 2;
  const many = props.rows.length > 1;
  return (
    <div
      aria-hidden="true"
      className="pointer-events-none absolute top-3 z-10 max-w-[17rem] rounded-lg border
        border-line bg-raised px-3 py-2 text-[0.8125rem] shadow-high"
      style={onLeft ? { right: props.width - props.left + 14 } : { left: props.left + 14 }}
    >
      <p className="mb-1 text-soft">{props.title}</p>
      {props.rows.map((row, index) => (
        <p
          key={index}
          className={`-mx-1.5 flex items-center gap-2 rounded px-1.5 tabular-nums ${
            many && index === props.chosen ? 'bg-accent-soft text-accent-text' : ''
          }`}
        >
          {row.swatch}
          <span className="min-w-0 flex-1 truncate">{row.name}</span>
          <b className="pl-3">{row.text}</b>
        </p>
      ))}
      {props.rows[props.chosen]?.pick && (
        <p className="mt-1 text-xs text-soft">Press to see who</p>
      )}
    </div>
  );
}
