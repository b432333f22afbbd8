// The address of an insight: it holds the whole question, so a copied address asks the same.

import { useQuery } from '@tanstack/react-query';
import { useNavigate, useRouter, useSearch } from '@tanstack/react-router';
import * as ask from '../api/ask';
import { one, type Search } from '../frame/search';
import { count } from '../parts/format';
import { readPeriod, readZone } from './period';

/** The address of an insight: its fields, and how to change some of them. */
export function useAddress(
  path: `/insights/${ask.Kind}`,
  standardPurpose: string,
  standardLast = '30d',
) {
  const search = useSearch({ strict: false }) as Search;
  const navigate = useNavigate();
  const router = useRouter();
  const find = (name: string) => one(search, name);
  const period = readPeriod(
    { last: find('last'), from: find('from'), to: find('to') },
    standardLast,
  );
  const set = (change: Search) => {
    // Whoever is on the way to another page is not called back.
    if (!router.latestLocation.pathname.endsWith(path)) return;
    void navigate({ to: path, search: { ...search, ...change }, replace: true });
  };
  return {
    search,
    set,
    period,
    zone: readZone(find('zone')),
    purpose: find('purpose') ?? standardPurpose,
    view: find('view') === 'table' ? ('table' as const) : ('chart' as const),
  };
}

export type Address = ReturnType<typeof useAddress>;

/** In the address a filter is `plan~pro`; several values are divided by commas. */
export function readWhere(search: Search) {
  const found = /^([^~]+)~(.+)$/.exec(one(search, 'where') ?? '');
  if (!found) return undefined;
  const is = (found[2] ?? '').split(',').map((each) => each.trim()).filter((each) => each !== '');
  return is.length === 0 ? undefined : [{ property: found[1] ?? '', is }];
}

export function useEventOptions(purpose: string) {
  const catalogue = useQuery(ask.catalogueEvents(purpose));
  const options = (catalogue.data ?? []).map((each) => ({
    value: each.event,
    label: `${each.event} (${count(each.count)})`,
  }));
  return { options, pending: catalogue.isPending, error: catalogue.error };
}
