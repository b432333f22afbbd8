// The period of a question, as the address holds it: `last=30d`, or `from` and `to` as days.
// Days are those of the question's time zone; the server finds the instants at which they begin.

export interface Period {
  last: string;
  from: string;
  to: string;
}

export const LASTS = [
  { value: '24h', label: 'Last 24 hours', days: 1 },
  { value: '7d', label: 'Last 7 days', days: 7 },
  { value: '30d', label: 'Last 30 days', days: 30 },
  { value: '90d', label: 'Last 90 days', days: 90 },
  { value: '365d', label: 'Last 365 days', days: 365 },
] as const;

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const isDay = (text: string | undefined): text is string =>
  text !== undefined && /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text));

/** The calendar day of a moment in a zone, as `2026-01-31`. */
function dayIn(zone: string, time: number): string {
  // Swedish writes dates as ISO 8601 does.
  return new Intl.DateTimeFormat('sv-SE', { timeZone: zone }).format(time);
}

/** The day so many days after another; counting days needs no zone. */
function later(day: string, days: number): string {
  return new Date(Date.parse(day) + days * DAY_MS).toISOString().slice(0, 10);
}

/** The zone if this browser knows it, else UTC. */
export function readZone(name: string | undefined): string {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name ?? 'UTC' }).resolvedOptions().timeZone;
  } catch {
    return 'UTC';
  }
}

/** Reads a period; what cannot be read becomes the default. */
export function readPeriod(
  find: { last: string | undefined; from: string | undefined; to: string | undefined },
  standard: string,
): Period {
  if (isDay(find.from) && isDay(find.to) && find.from <= find.to) {
    return { last: '', from: find.from, to: find.to };
  }
  const last = LASTS.find((each) => each.value === find.last)?.value ?? standard;
  return { last, from: '', to: '' };
}

/** What the server is asked for. It changes once an hour at most, not with every look. */
export function range(period: Period, zone: string, now: number) {
  if (period.last === '24h') {
    const end = Math.ceil((now + 1) / HOUR_MS) * HOUR_MS;
    const text = (time: number) => new Date(time).toISOString();
    return { from: text(end - DAY_MS), to: text(end), zone };
  }
  const { from, to } = daysOf(period, zone, now);
  return { from, to: later(to, 1), zone };
}

/** The first and the last day that a period shows. */
export function daysOf(period: Period, zone: string, now: number): { from: string; to: string } {
  if (period.last === '') return { from: period.from, to: period.to };
  const days = LASTS.find((each) => each.value === period.last)?.days ?? 30;
  const today = dayIn(zone, now);
  return { from: later(today, 1 - days), to: today };
}
