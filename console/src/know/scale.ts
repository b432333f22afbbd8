// Axis arithmetic and the writing of intervals. Pure functions.

import type { Instant, Interval } from '../api/wire';
import { date } from '../parts/format';

/** Round steps from zero to at least `top`: about four of them, whole ones for what is counted. */
export function ticks(top: number, isWhole = true, about = 4): number[] {
  if (top <= 0) return isWhole ? [0, 1] : [0];
  const raw = top / about;
  const magnitude = 10 ** Math.floor(Math.log10(raw));
  const round = [1, 2, 2.5, 5].find((each) => each * magnitude >= raw) ?? 10;
  const step = isWhole ? Math.max(1, Math.ceil(round * magnitude)) : round * magnitude;
  const out = [0];
  while ((out.at(-1) ?? 0) < top) out.push(step * out.length);
  return out;
}

/** Steps on both sides of zero. */
export function ticksAround(bottom: number, top: number, isWhole = true, about = 4): number[] {
  if (bottom >= 0) return ticks(top, isWhole, about);
  const marks = ticks(Math.max(top, -bottom), isWhole, Math.ceil(about / 2) + 1);
  const step = marks[1] ?? 1;
  const below = Math.ceil(-bottom / step);
  const above = Math.max(1, Math.ceil(top / step));
  return Array.from({ length: below + above + 1 }, (_, index) => (index - below) * step);
}

const LONG: Record<Interval, Intl.DateTimeFormatOptions> = {
  hour: { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' },
  day: { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' },
  week: { day: 'numeric', month: 'short', year: 'numeric' },
  month: { month: 'long', year: 'numeric' },
};
const SHORT: Record<Interval, Intl.DateTimeFormatOptions> = {
  hour: { hour: '2-digit', minute: '2-digit' },
  day: { day: 'numeric', month: 'short' },
  week: { day: 'numeric', month: 'short' },
  month: { month: 'short', year: '2-digit' },
};

/** An interval and the zone whose days it follows. */
export interface Clock {
  interval: Interval;
  zone: string;
}

const written = new Map<string, Intl.DateTimeFormat>();
function write(options: Intl.DateTimeFormatOptions, zone: string, instant: Instant): string {
  const name = zone + JSON.stringify(options);
  const format =
    written.get(name) ?? new Intl.DateTimeFormat('en-GB', { ...options, timeZone: zone });
  written.set(name, format);
  return format.format(date(instant));
}

export function longInterval(instant: Instant, { interval, zone }: Clock): string {
  const text = write(LONG[interval], zone, instant);
  return interval === 'week' ? `week of ${text}` : text;
}

export const shortInterval = (instant: Instant, { interval, zone }: Clock) =>
  write(SHORT[interval], zone, instant);

const HOUR_MS = 3_600_000;
const LENGTH_MS = { hour: HOUR_MS, day: 24 * HOUR_MS, week: 168 * HOUR_MS };

/** Whether an interval had not ended when the answer was given. */
export function isRunning(instant: Instant, { interval }: Clock, asOf: Instant): boolean {
  const start = date(instant).getTime();
  const end = interval === 'month' ? nextMonth(start) : start + LENGTH_MS[interval];
  return date(asOf).getTime() < end;
}

/** The first of the next month, to the nearest half day: zones differ by less. */
function nextMonth(start: number): number {
  const near = new Date(start + 14 * HOUR_MS);
  return Date.UTC(near.getUTCFullYear(), near.getUTCMonth() + 1, 1);
}
