// Every question the console asks, by name. Keys, staleness and addresses live here only.

import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import type { KindName } from '../know/kinds';
import { get, post, query } from './request';
import { running } from './running';
import type * as policy from './policy';
import type * as wire from './wire';

export const session = () =>
  queryOptions({
    queryKey: ['session'],
    queryFn: () => get<wire.Session>('api/session'),
    retry: false,
    staleTime: 60_000,
  });

export const status = () =>
  queryOptions({
    queryKey: ['status'],
    queryFn: () => get<wire.Status>('api/status'),
    staleTime: 5_000,
  });

export const sources = () =>
  queryOptions({
    queryKey: ['sources'],
    queryFn: () => get<wire.Source[]>('api/sources'),
    staleTime: 2_000,
  });

export const keys = () =>
  queryOptions({ queryKey: ['keys'], queryFn: () => get<wire.Key[]>('api/keys') });

export const verdicts = (source?: string) =>
  queryOptions({
    queryKey: ['verdicts', source ?? ''],
    queryFn: () => get<wire.Verdict[]>(`api/verdicts${query({ source, limit: 50 })}`),
    staleTime: 0,
  });

export const events = (purpose: string) =>
  queryOptions({
    queryKey: ['events', purpose],
    queryFn: () => get<wire.LiveEvent[]>(`api/events${query({ purpose, limit: 50 })}`),
    staleTime: 0,
  });

export const purposes = () =>
  queryOptions({
    queryKey: ['purposes'],
    queryFn: () => get<wire.Purpose[]>('api/catalogue/purposes'),
    staleTime: 300_000,
  });

export const policies = () =>
  queryOptions({
    queryKey: ['policy'],
    queryFn: () => get<policy.Policy[]>('api/policy'),
    staleTime: 60_000,
  });

/** What would be open to somebody who comes to a source, and why. */
export const policyFor = (visitor: policy.Visitor) =>
  queryOptions({
    queryKey: ['policy', visitor],
    queryFn: () => post<policy.Policy>('api/policy/try', visitor),
    staleTime: 60_000,
    placeholderData: keepPreviousData,
  });

export const catalogueEvents = (purpose: string) =>
  queryOptions({
    queryKey: ['catalogue', 'events', purpose],
    queryFn: () => get<wire.CatalogueEvent[]>(`api/catalogue/events${query({ purpose })}`),
    staleTime: 15_000,
    placeholderData: keepPreviousData,
  });

/** Every property; counted when it is said for which purpose, which is a question. */
export const properties = (counted: { purpose?: string; event?: string | undefined } = {}) =>
  queryOptions({
    queryKey: ['catalogue', 'properties', counted],
    queryFn: () => get<wire.CatalogueProperty[]>(`api/catalogue/properties${query(counted)}`),
    staleTime: 15_000,
    placeholderData: keepPreviousData,
  });

/** A typed question. `enabled` is false while the question is not yet whole. */
export const insight = <A extends wire.Answer>(kind: KindName, plan: object, enabled = true) => {
  const queryKey = ['query', kind, plan] as const;
  return queryOptions({
    queryKey,
    queryFn: ({ signal }) => running<A>(queryKey, ...address(kind, plan), signal),
    enabled,
    retry: false,
    staleTime: 10_000,
    placeholderData: keepPreviousData,
  });
};

/** Where a kind is asked, and with what. Persons are those behind the cohort of whoever did it. */
function address(kind: KindName, plan: object): [string, object] {
  if (kind !== 'people') return [`api/query/${kind}`, plan];
  const { event, where, sort, limit, ...question } = plan as Record<string, unknown>;
  const all = [{ event: event ?? null, ...(where ? { where } : {}) }];
  return ['api/query/cohort/people', { question: { ...question, all }, pick: {}, sort, limit }];
}

/** The people behind a number of an answer. Reading them is on record. */
export const sql = (plan: { purpose: string; sql: string; limit: number }, enabled: boolean) => {
  const queryKey = ['query', 'sql', plan] as const;
  return queryOptions({
    queryKey,
    queryFn: ({ signal }) => running<wire.SqlAnswer>(queryKey, 'api/query/sql', plan, signal),
    enabled,
    retry: false,
    staleTime: 60_000,
    placeholderData: keepPreviousData,
  });
};

export const sqlSchema = (purpose: string) =>
  queryOptions({
    queryKey: ['sql', 'schema', purpose],
    queryFn: () => get<wire.SqlSchema>(`api/query/sql/schema${query({ purpose })}`),
    staleTime: 60_000,
  });

export const behind = (kind: KindName, question: object, pick: object) =>
  queryOptions({
    queryKey: ['query', kind, 'people', question, pick],
    queryFn: ({ signal }) =>
      post<wire.BehindAnswer>(
        `api/query/${kind}/people`,
        { question, pick, limit: 100 },
        { signal },
      ),
    retry: false,
    staleTime: 60_000,
  });

const saved = <T>(name: string) =>
  queryOptions({ queryKey: [name], queryFn: () => get<T[]>(`api/${name}`), staleTime: 5_000 });

export const questions = () => saved<wire.SavedQuestion>('questions');
export const dashboards = () => saved<wire.Dashboard>('dashboards');
export const cohorts = () => saved<wire.Cohort>('cohorts');
export const alerts = () => saved<wire.Alert>('alerts');

export const dashboard = (id: string) =>
  queryOptions({
    queryKey: ['dashboards', id],
    queryFn: () => get<wire.Dashboard>(`api/dashboards/${encodeURIComponent(id)}`),
    retry: false,
  });

/** Every tile's answer, each judged alone. `tiles` only tells when the questions changed. */
export const tileAnswers = (id: string, filters: wire.Filters, tiles: object) => {
  const queryKey = ['dashboards', id, 'answers', filters, tiles] as const;
  const path = `api/dashboards/${encodeURIComponent(id)}/answers`;
  return queryOptions({
    queryKey,
    queryFn: ({ signal }) => running<wire.TileAnswers>(queryKey, path, { filters }, signal),
    retry: false,
    staleTime: 30_000,
    placeholderData: keepPreviousData,
  });
};

export const annotations = (from: string, to: string) =>
  queryOptions({
    queryKey: ['annotations', from, to],
    queryFn: () => get<wire.Annotation[]>(`api/annotations${query({ from, to })}`),
    staleTime: 15_000,
  });

export const person = (id: string, purpose: string) =>
  queryOptions({
    queryKey: ['person', id, purpose],
    queryFn: () => get<wire.Timeline>(`api/people/${encodeURIComponent(id)}${query({ purpose })}`),
    retry: false,
  });

export const erasures = () =>
  queryOptions({
    queryKey: ['erasures'],
    queryFn: () => get<wire.Erasure[]>('api/erasures'),
  });

export const ledger = () =>
  queryOptions({ queryKey: ['ledger'], queryFn: () => get<wire.Ledger>('api/ledger') });

export const facts = (after: number) =>
  queryOptions({
    queryKey: ['ledger', 'facts', after],
    queryFn: () => get<unknown>(`api/ledger/facts${query({ after, limit: 50 })}`),
  });

export const doctor = (source: string, enabled: boolean) =>
  queryOptions({
    queryKey: ['doctor', source],
    queryFn: () => get<wire.Doctor>(`api/doctor${query({ source })}`),
    enabled,
    retry: false,
  });
