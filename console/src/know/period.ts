// The period of a question, as the address holds it: `last=30d`, or `from` and `to` as days.
// What is relative stays so: the server finds the instants, in the question's time zone.

export interface Period {
  last: string;
  from: string;
  to: string;
}

export const LASTS = [
  { value: 'today', label: 'Today', from: 'today', to: 'now' },
  { value: 'yesterday', label: 'Yesterday', from: '-1d', to: 'today' },
  { value: '24h', label: 'Last 24 hours', from: '-24h', to: 'now' },
  { value: '7d', label: 'Last 7 days', from: '-6d', to: 'now' },
  { value: '30d', label: 'Last 30 days', from: '-29d', to: 'now' },
  { value: '90d', label: 'Last 90 days', from: '-89d', to: 'now' },
  { value: '12m', label: 'Last 12 months', from: '-12m', to: 'now' },
] as const;

const DAY_MS = 86_400_000;
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

/** What the server is asked for. Days are inclusive here, and end before the next one there. */
export function range(period: Period): { from: string; to: string } {
  const last = LASTS.find((each) => each.value === period.last);
  if (last) return { from: last.from, to: last.to };
  return { from: period.from, to: later(period.to, 1) };
}

/** The period of a question as the address holds it; nothing while it is the usual one. */
export function periodFields(from: string | undefined, to: string | undefined, usual: string) {
  const last = LASTS.find((each) => each.from === from && each.to === to)?.value;
  if (last) return last === usual ? {} : { last };
  const [first, end] = [from?.slice(0, 10), to?.slice(0, 10)];
  return isDay(first) && isDay(end) ? { from: first, to: later(end, -1) } : {};
}

/** The period in words, for a dashboard's head. */
export function periodWords({ last, from, to }: Period): string {
  return LASTS.find((each) => each.value === last)?.label ?? `${from} to ${to}`;
}

/** The first and the last day that a period shows. */
export function daysOf(period: Period, zone: string, now: number): { from: string; to: string } {
  if (period.last === '') return { from: period.from, to: period.to };
  const today = dayIn(zone, now);
  const from = LASTS.find((each) => each.value === period.last)?.from ?? '-29d';
  const days = /^-(\d+)d$/.exec(from)?.[1];
  const months = /^-(\d+)m$/.exec(from)?.[1];
  if (days) return { from: later(today, -Number(days)), to: today };
  if (months) return { from: later(today, -30 * Number(months)), to: today };
  return { from: today, to: today };
}
