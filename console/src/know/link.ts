// A question that was asked or saved, as the link that asks it again. Pure.

import type { Asked } from '../api/wire';
import type { Search } from '../frame/search';
import { flatten } from './codec';
import { isKindName } from './kinds';
import { periodFields } from './period';

const text = (value: unknown) => (typeof value === 'string' ? value : undefined);

/** Where a question is asked, with all of it in the address; none for what nobody can ask. */
export function linkTo(
  { kind, question }: Asked,
  saved?: string,
): { to: '/insights'; search: Search } | undefined {
  const { purpose, from, to, zone, ...own } = question;
  const shared: Search = {
    ...periodFields(text(from), text(to), ''),
    purpose: text(purpose),
    zone: zone === 'UTC' ? undefined : text(zone),
    ...(saved ? { saved } : {}),
  };
  if (kind === 'sql') {
    const { sql, limit } = own;
    const most = typeof limit === 'number' ? String(limit) : undefined;
    return { to: '/sql' as '/insights', search: { ...shared, ask: text(sql), limit: most } };
  }
  if (!isKindName(kind)) return undefined;
  return { to: `/insights/${kind}` as '/insights', search: { ...flatten(own), ...shared } };
}
