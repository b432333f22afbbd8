// The shapes that the server answers with. Types only.

export interface Session {
  actor: string;
  name: string;
  password_set: boolean;
}

export interface Status {
  version: string;
  region: string | number;
  controller: string;
  started: Instant;
  fresh_rows: number;
  segments: number;
  files: number;
  file_rows: number;
  file_bytes: number;
  people: number;
  leaves: number;
  concerns: Concern[];
}

/** Something that somebody has to look at. */
export interface Concern {
  code: string;
  file: string;
  bytes: number;
  remedy: string;
}

/** A point in time: RFC 3339 text, or microseconds since 1970. */
export type Instant = string | number;

export interface Counts {
  received: number;
  accepted: number;
  duplicate: number;
  filtered: number;
  refused: Record<string, number>;
  invalid: number;
  limited: number;
  quarantined: number;
}

export type KeyKind = 'site' | 'server' | 'token';

export interface Key {
  id: string;
  kind: KeyKind;
  prefix: string;
  source?: string | null;
  name?: string;
  created: Instant;
  last_used: Instant | null;
  revoked?: boolean;
}

export interface Source {
  name: string;
  kind: string;
  audience: string;
  markets: string[] | string;
  keys: Key[];
  counts: Counts;
}

export interface Verdict {
  sequence: number;
  time: Instant;
  source: string;
  kind?: string;
  outcome: string;
  code: string | null;
  remedy: string | null;
  purposes: string[];
  protocol: string;
}

export type Value = string | number | boolean | null | Value[] | { [name: string]: Value };

export interface LiveEvent {
  time: Instant;
  received: Instant;
  event: string;
  source: string;
  person: string;
  purposes: string[];
  properties: Record<string, Value>;
}

export interface Purpose {
  name: string;
  number: number;
  title: string;
  description: string;
  /** Whether whoever is signed in may ask for it. */
  allowed?: boolean;
}

export interface CatalogueEvent {
  event: string;
  count: number;
  first: Instant;
  last: Instant;
  declared: boolean;
}

export interface CatalogueProperty {
  property: string;
  type: string;
  category: string | null;
  declared: boolean;
  column: string | number | boolean | null;
  seen: number;
  conflicts: number;
  last?: Instant | null;
}

export interface Answer {
  sentence: string;
  scanned: { rows: number; bytes: number; files: number; seconds: number };
  as_of: Instant;
  purpose: string;
}

export type Interval = 'hour' | 'day' | 'week' | 'month';
export type CountKind = 'events' | 'people';

export interface TrendSeries {
  event: string | null;
  count: CountKind;
  breakdown: string | null;
  values: number[];
  total: number;
}

export interface TrendAnswer extends Answer {
  intervals: Instant[];
  series: TrendSeries[];
}

export interface FunnelStep {
  event: string | null;
  people: number;
  of_first: number;
  of_previous: number;
  median_seconds: number | null;
}

export interface FunnelAnswer extends Answer {
  steps: FunnelStep[];
  breakdown?: { value: string | null; steps: FunnelStep[] }[] | null;
}

export interface RetentionAnswer extends Answer {
  cohorts: { start: Instant; people: number; values: number[] }[];
}

export interface CohortAnswer extends Answer {
  people: number;
}

export interface PersonEvent {
  time: Instant;
  event: string;
  source: string;
  properties: Record<string, Value>;
}

export interface Timeline {
  person: string;
  purpose: string;
  events: PersonEvent[];
}

export interface Erasure {
  erasure: string;
  state: string;
  people?: number;
  leaves?: number;
  keys_destroyed?: number;
  files_to_rewrite?: number;
  time?: Instant;
  asked?: Instant;
  done?: Instant | null;
}

export interface Ledger {
  size: number;
  checkpoint: string;
  public_key?: string;
}

export interface Fact {
  index?: number;
  [field: string]: unknown;
}

export interface Verification {
  ok: boolean;
  size: number;
  problems: { code: string; index: number | null; detail: string }[];
  note: string;
}

export interface Finding {
  code: string;
  state: 'ok' | 'warning' | 'problem';
  title: string;
  detail: string;
  remedy: string | null;
}

export interface Doctor {
  source: string;
  findings: Finding[];
}
