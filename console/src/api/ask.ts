// Every question the console asks, by name. Keys, staleness and addresses live here only.

import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { get, post, query } from './request';
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

export const catalogueEvents = (purpose: string) =>
  queryOptions({
    queryKey: ['catalogue', 'events', purpose],
    queryFn: () => get<wire.CatalogueEvent[]>(`api/catalogue/events${query({ purpose })}`),
    staleTime: 15_000,
    placeholderData: keepPreviousData,
  });

export const properties = () =>
  queryOptions({
    queryKey: ['catalogue', 'properties'],
    queryFn: () => get<wire.CatalogueProperty[]>('api/catalogue/properties'),
    staleTime: 15_000,
  });

export type Kind = 'trend' | 'funnel' | 'retention' | 'cohort';

/** A typed question. `enabled` is false while the question is not yet whole. */
export const insight = <A extends wire.Answer>(kind: Kind, plan: object, enabled: boolean) =>
  queryOptions({
    queryKey: ['query', kind, plan],
    queryFn: () => post<A>(`api/query/${kind}`, plan),
    enabled,
    retry: false,
    staleTime: 10_000,
    placeholderData: keepPreviousData,
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
