// Axis arithmetic and the writing of intervals. Pure functions.

import type { Instant, Interval } from '../api/wire';
import { date } from '../parts/format';

/** Round steps from zero to at least `top`: about four of them. */
export function ticks(top: number): number[] {
  if (top <= 0) return [0, 1];
  const raw = top / 4;
  const magnitude = 10 ** Math.floor(Math.log10(raw));
  const step = Math.max(1, [1, 2, 2.5, 5, 10].find((each) => each * magnitude >= raw)! * magnitude);
  const whole = Number.isInteger(step) ? step : Math.ceil(step);
  const out = [0];
  while ((out.at(-1) ?? 0) < top) out.push((out.at(-1) ?? 0) + whole);
  return out;
}

const format = (options: Intl.DateTimeFormatOptions) =>
  new Intl.DateTimeFormat('en-GB', { ...options, timeZone: 'UTC' });

const LONG: Record<Interval, Intl.DateTimeFormat> = {
  hour: format({ day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' }),
  day: format({ weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' }),
  week: format({ day: 'numeric', month: 'short', year: 'numeric' }),
  month: format({ month: 'long', year: 'numeric' }),
};
const SHORT: Record<Interval, Intl.DateTimeFormat> = {
  hour: format({ hour: '2-digit', minute: '2-digit' }),
  day: format({ day: 'numeric', month: 'short' }),
  week: format({ day: 'numeric', month: 'short' }),
  month: format({ month: 'short', year: '2-digit' }),
};

export function longInterval(instant: Instant, interval: Interval): string {
  const text = LONG[interval].format(date(instant));
  return interval === 'week' ? `week of ${text}` : text;
}

export const shortInterval = (instant: Instant, interval: Interval) =>
  SHORT[interval].format(date(instant));

const LENGTH_MS: Record<Interval, number> = {
  hour: 3_600_000,
  day: 86_400_000,
  week: 7 * 86_400_000,
  month: 28 * 86_400_000,
};

/** Whether an interval had not ended when the answer was given. */
export function isRunning(instant: Instant, interval: Interval, asOf: Instant): boolean {
  const start = date(instant);
  const end =
    interval === 'month'
      ? Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + 1, 1)
      : start.getTime() + LENGTH_MS[interval];
  return date(asOf).getTime() < end;
}
