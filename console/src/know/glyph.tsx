// What an answer of each kind looks like, in a few strokes. Decorative: words stand beside them.

import type { ReactNode } from 'react';
import type { KindName } from './kinds';

const A = 'var(--accent)';
const B = 'var(--series-1)';
const L = 'var(--line)';

const bar = (x: number, y: number, height: number, fill = A, width = 9) => (
  <rect key={`${x} ${y}`} x={x} y={y} width={width} height={height} rx="1.5" fill={fill} />
);
const line = (d: string, stroke = A, more: object = {}) => (
  <path key={d} d={d} fill="none" stroke={stroke} strokeWidth="2.5" strokeLinecap="round"
    strokeLinejoin="round" {...more} />
);

const GLYPHS: Record<KindName, ReactNode> = {
  trend: [
    line('M4,46L24,40L44,42L64,28L84,30L108,10'),
    line('M4,50L24,48L44,44L64,44L84,38L108,36', B, { strokeDasharray: '4 4' }),
  ],
  funnel: [
    ...[0, 1, 2].map((row) => (
      <rect key={`t${row}`} x="4" y={6 + row * 18} width="104" height="11" rx="2" fill={L} />
    )),
    ...[104, 62, 31].map((width, row) => (
      <rect key={row} x="4" y={6 + row * 18} width={width} height="11" rx="2" fill={A} />
    )),
  ],
  retention: [0, 1, 2, 3].flatMap((row) =>
    Array.from({ length: 6 - row }, (_, column) => (
      <rect key={`${row} ${column}`} x={4 + column * 18} y={5 + row * 13} width="16" height="11"
        rx="2" fill={A} opacity={Math.max(0.15, 1 - column * 0.28 + row * 0.04)} />
    )),
  ),
  paths: [
    <path key="a" d="M12,8C56,8 56,6 100,6V22C56,22 56,28 12,28Z" fill={A} opacity="0.3" />,
    <path key="b" d="M12,28C56,28 56,36 100,36V46C56,46 56,40 12,40Z" fill={B} opacity="0.4" />,
    bar(4, 8, 34, A, 7),
    bar(101, 6, 17, A, 7),
    bar(101, 36, 12, B, 7),
  ],
  lifecycle: [18, 24, 20, 28, 26, 32].flatMap((height, at) => [
    bar(6 + at * 17, 38 - height, height, A, 11),
    bar(6 + at * 17, 40, 6 + (at % 3) * 4, B, 11),
  ]),
  stickiness: [44, 30, 22, 15, 11, 8, 6, 10].map((height, at) =>
    bar(4 + at * 13.4, 52 - height, height, A, 9),
  ),
  sessions: [
    line('M4,40L24,26L44,32L64,16L84,24L108,14'),
    ...[0, 1, 2, 3, 4, 5].map((at) => bar(6 + at * 18, 46, 6, L, 12)),
  ],
  values: [88, 60, 34, 20].map((width, row) => (
    <rect key={row} x="4" y={6 + row * 13} width={width} height="8" rx="4" fill={A}
      opacity={1 - row * 0.18} />
  )),
  people: [0, 1, 2].flatMap((row) => [
    <circle key={`c${row}`} cx="11" cy={11 + row * 17} r="5.5" fill={A} />,
    <rect key={`r${row}`} x="24" y={8 + row * 17} width={70 - row * 14} height="6" rx="3"
      fill={L} />,
  ]),
  cohort: [
    <circle key="a" cx="44" cy="28" r="22" fill={A} opacity="0.35" />,
    <circle key="b" cx="70" cy="28" r="22" fill={B} opacity="0.3" />,
    <path key="c" d="M57,10.3a22,22 0 0 1 0,35.4a22,22 0 0 1 0,-35.4Z" fill={A} />,
  ],
};

export function Glyph({ kind }: { kind: KindName }) {
  return (
    <svg viewBox="0 0 112 56" width="112" height="56" aria-hidden="true" className="shrink-0">
      {GLYPHS[kind]}
    </svg>
  );
}
