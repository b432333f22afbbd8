// The period of a question, as the address holds it: `last=30d`, or `from` and `to` as days.
// All days are UTC days; `to` is the first moment after the last day.

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

export const dayText = (time: number) => new Date(time).toISOString().slice(0, 10);

/** Reads a period; what cannot be read becomes the default. */
export function readPeriod(
  find: { last: string | undefined; from: string | undefined; to: string | undefined },
  standard = '30d',
): Period {
  if (isDay(find.from) && isDay(find.to) && find.from <= find.to) {
    return { last: '', from: find.from, to: find.to };
  }
  const last = LASTS.find((each) => each.value === find.last)?.value ?? standard;
  return { last, from: '', to: '' };
}

/** The instants that the server is asked for. They change once an hour, not with every look. */
export function instants(period: Period, now: number): { from: string; to: string } {
  if (period.last === '') {
    const end = Date.parse(period.to) + DAY_MS;
    return { from: `${period.from}T00:00:00Z`, to: new Date(end).toISOString() };
  }
  if (period.last === '24h') {
    const end = Math.ceil((now + 1) / HOUR_MS) * HOUR_MS;
    return span(end - DAY_MS, end);
  }
  const days = LASTS.find((each) => each.value === period.last)?.days ?? 30;
  const end = Math.floor(now / DAY_MS) * DAY_MS + DAY_MS;
  return span(end - days * DAY_MS, end);
}

const span = (from: number, to: number) => ({
  from: new Date(from).toISOString(),
  to: new Date(to).toISOString(),
});

/** The first and last day that a period shows, to start a choice of days from. */
export function daysOf(period: Period, now: number): { from: string; to: string } {
  const { from, to } = instants(period, now);
  return { from: from.slice(0, 10), to: dayText(Date.parse(to) - 1) };
}
