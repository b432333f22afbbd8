// The address of an insight: it holds the whole question, so a copied address asks the same.

import { useQuery } from '@tanstack/react-query';
import { useNavigate, useRouter, useSearch } from '@tanstack/react-router';
import * as ask from '../api/ask';
import type { Scope } from '../api/wire';
import { one, type Search } from '../frame/search';
import { count } from '../parts/format';
import { beside, flatten, unflatten } from './codec';
import type { AnyKind, Kind, Pick } from './kind';
import { whole } from './conditions';
import { range, readPeriod, readZone, type Period } from './period';

// What the address holds beside the question's own fields.
const BESIDE = ['purpose', 'last', 'from', 'to', 'zone', 'view', 'saved', 'tile'];
const isBeside = (name: string) => BESIDE.includes(name) || name.startsWith('pick.');

const part = (search: Search, keep: (name: string) => boolean): Search =>
  Object.fromEntries(Object.entries(search).filter(([name]) => keep(name)));

/** A question as any kind has it: its own fields, and what any question may say. */
export interface Address<Q> {
  search: Search;
  question: Q & Scope;
  period: Period;
  zone: string;
  purpose: string;
  view: 'chart' | 'table';
  /** The saved question that this began as. */
  saved: string | undefined;
  pick: Pick | undefined;
  /** Changes some of the question. */
  change: (part: Partial<Q & Scope>) => void;
  /** Changes what stands beside it. */
  set: (change: Search, how?: { replace: boolean }) => void;
}

export function useAddress<Q extends object>(kind: Kind<Q, never> | AnyKind): Address<Q> {
  const path = `/insights/${kind.name}`;
  const search = useSearch({ strict: false }) as Search;
  const navigate = useNavigate();
  const router = useRouter();
  const find = (name: string) => one(search, name);
  const said = unflatten(part(search, (name) => !isBeside(name)));
  const started = { ...kind.standard, ...said } as Q & Scope;
  const question = (kind.complete?.(started) ?? started) as Q & Scope;
  const go = (next: Search, replace: boolean) => {
    // Whoever is on the way to another page is not called back.
    if (!router.latestLocation.pathname.endsWith(path)) return;
    void navigate({ to: path, search: next, replace } as never);
  };
  const held = part(search, (name) => isBeside(name) && !name.startsWith('pick.'));
  const pick = unflatten(search, 'pick.');
  return {
    search,
    question,
    period: readPeriod(
      { last: find('last'), from: find('from'), to: find('to') },
      kind.last,
    ),
    zone: readZone(find('zone')),
    purpose: find('purpose') ?? kind.purpose,
    view: find('view') === 'table' ? 'table' : 'chart',
    saved: find('saved'),
    pick: Object.keys(pick).length > 0 ? pick : undefined,
    change: (change) =>
      go({ ...held, ...flatten(beside({ ...question, ...change }, kind.standard)) }, true),
    set: (change, how = { replace: true }) => go({ ...search, ...change }, how.replace),
  };
}

/** What the server is asked: the question with its purpose and its time. */
export function planOf<Q extends object>({ purpose, period, zone, question }: Address<Q>) {
  return { purpose, ...range(period), zone, ...(whole(question) as Q & Scope) };
}

export function useEventOptions(purpose: string) {
  const catalogue = useQuery(ask.catalogueEvents(purpose));
  return (catalogue.data ?? []).map((each) => ({
    value: each.event,
    label: `${each.event} (${count(each.count)})`,
  }));
}
