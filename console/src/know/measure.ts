// What a series counts, in words. Pure functions.

import type { CountKind, Scope, Which } from '../api/wire';

export interface Series extends Which {
  count: CountKind;
  /** The property that is summed, from `sum` on. */
  of?: string;
  /** Which percentile, 1 to 99. */
  at?: number;
}

export const MEASURES: readonly { value: CountKind; label: string }[] = [
  { value: 'events', label: 'Events' },
  { value: 'people', label: 'People' },
  { value: 'per-person', label: 'Events per person' },
  { value: 'sum', label: 'Sum of' },
  { value: 'average', label: 'Average of' },
  { value: 'median', label: 'Median of' },
  { value: 'percentile', label: 'Percentile of' },
  { value: 'minimum', label: 'Least of' },
  { value: 'maximum', label: 'Greatest of' },
  { value: 'different', label: 'Different values of' },
];

export const needsProperty = (count: CountKind) =>
  !['events', 'people', 'per-person'].includes(count);

/** Whether what is counted comes in whole numbers. */
export const isWholeCount = (count: CountKind) =>
  ['events', 'people', 'different'].includes(count);

/** Whom a question counts: people, or the groups that a property makes. */
export const counted = ({ per }: Scope, many = true) =>
  per ? (many ? 'groups' : 'group') : many ? 'people' : 'person';

/** The letter by which a formula names a series. */
export const letter = (index: number) => String.fromCharCode(65 + index);

export function seriesWords(
  series: {
    event: string | null;
    count: CountKind;
    of?: string | null | undefined;
    at?: number | null | undefined;
  },
  scope: Scope,
): string {
  const event = series.event ?? 'All events';
  if (series.count === 'events') return event;
  if (series.count === 'people') return `${event}: ${counted(scope)}`;
  if (series.count === 'per-person') return `${event}: per ${counted(scope, false)}`;
  const label = MEASURES.find((each) => each.value === series.count)?.label ?? series.count;
  const measure = series.count === 'percentile' ? `${series.at ?? 90}th percentile of` : label;
  return `${event}: ${measure.toLowerCase()} ${series.of ?? ''}`.trim();
}
