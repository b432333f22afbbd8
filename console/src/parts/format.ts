// Numbers, times and words as people read them. Pure functions.

import type { Instant } from '../api/wire';

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const onePlace = new Intl.NumberFormat('en', {
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});

export const count = (value: number) => whole.format(value);
export const compact = (value: number) => (value < 10_000 ? count(value) : short.format(value));

const fine = new Intl.NumberFormat('en', { maximumFractionDigits: 2 });

/** Whole numbers as they are, others to two places. */
export const exact = (value: number) => fine.format(value);

// A narrow space that does not break, so that a number never loses its sign.
const PERCENT = '\u202f%';

/** `0.421` as `42.1 %`. */
export const share = (ratio: number) =>
  Number.isFinite(ratio) ? `${onePlace.format(ratio * 100)}${PERCENT}` : '–';

/** `0.421` as `42 %`. */
export const wholeShare = (ratio: number) =>
  Number.isFinite(ratio) ? `${whole.format(ratio * 100)}${PERCENT}` : '–';

export const plural = (value: number, one: string, many = `${one}s`) =>
  `${count(value)} ${value === 1 ? one : many}`;

/** A date from RFC 3339 text or from microseconds since 1970. */
export function date(instant: Instant): Date {
  return typeof instant === 'number' ? new Date(instant / 1000) : new Date(instant);
}

const clock = new Intl.DateTimeFormat('en-GB', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });
const stamp = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
});

const valid = (value: Date) => !Number.isNaN(value.getTime());
const written = (format: Intl.DateTimeFormat) => (instant: Instant | null | undefined) => {
  if (instant === null || instant === undefined) return '–';
  const value = date(instant);
  return valid(value) ? format.format(value) : String(instant);
};

export const clockTime = written(clock);
export const dayOf = written(day);
export const dateTime = written(stamp);

/** How long ago, in words: `4 s ago`, `3 h ago`. */
export function ago(instant: Instant | null | undefined, now: number): string {
  if (instant === null || instant === undefined) return 'never';
  const seconds = Math.max(0, Math.round((now - date(instant).getTime()) / 1000));
  if (!Number.isFinite(seconds)) return String(instant);
  return seconds < 2 ? 'just now' : `${duration(seconds)} ago`;
}

/** A length of time in its largest sensible units. */
export function duration(seconds: number): string {
  const thousandths = Math.round(seconds * 1000);
  if (thousandths < 1000) return `${thousandths} ms`;
  const all = Math.round(seconds);
  if (all < 60) return `${all} s`;
  if (all < 3600) return parts(all, 60, 'min', 1, 's');
  if (all < 86_400) return parts(all, 3600, 'h', 60, 'min');
  return parts(all, 86_400, 'd', 3600, 'h');
}

function parts(seconds: number, large: number, big: string, small: number, little: string) {
  const first = Math.floor(seconds / large);
  // Cut, not rounded: 59.9 minutes beside an hour would be read as 60.
  const rest = Math.floor((seconds - first * large) / small);
  return rest === 0 || first >= 10 ? `${first} ${big}` : `${first} ${big} ${rest} ${little}`;
}

export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let size = value;
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${unit === 0 || size >= 100 ? whole.format(size) : onePlace.format(size)} ${units[unit]}`;
}

/** A property's value as one line of text. */
export function plain(value: unknown): string {
  if (value === null || value === undefined) return '–';
  if (typeof value === 'number') return Number.isInteger(value) ? count(value) : String(value);
  if (typeof value === 'object') return JSON.stringify(value);
  return String(value);
}

/** An answer's sentence, its names between quotation marks. */
export const spoken = (text: string) => sentence(text.replaceAll(/`([^`]*)`/g, '“$1”'));

export const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** The same sentence with a capital first letter and a full stop. */
export function sentence(text: string): string {
  if (text === '') return text;
  const first = capital(text);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}
