// A question that was saved, as the address that asks it. Pure.

import type { Search } from '../frame/search';
import { flatten } from './codec';
import { periodFields } from './period';

/** The address that asks a question which was saved. */
export function searchOf(question: { [field: string]: unknown }): Search {
  const { purpose, from, to, zone, ...own } = question;
  const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
  return {
    ...flatten(own),
    ...periodFields(text(from), text(to), ''),
    purpose: text(purpose),
    zone: zone === 'UTC' ? undefined : text(zone),
  };
}
