// The shapes that the server answers with.

import type { Problem } from './problem';

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
  first: Instant | null;
  last: Instant | null;
  declared: boolean;
  purposes: string[];
}

export interface CatalogueProperty {
  property: string;
  type: string;
  category: string | null;
  purposes: string[];
  declared: boolean;
  column: string | number | boolean | null;
  /** Rows of the last thirty days; null where nobody counted, or can. */
  seen: number | null;
  conflicts: number;
  last: Instant | null;
}

export interface Answer {
  sentence: string;
  scanned: { rows: number; bytes: number; files: number; seconds: number };
  as_of: Instant;
  purpose: string;
}

export type Interval = 'hour' | 'day' | 'week' | 'month';

export type Condition =
  /** Null is the absence of a value. */
  | { property: string; is: (string | null)[] }
  | { property: string; is_not: (string | null)[] }
  | { property: string; contains: string }
  | { property: string; above: number }
  | { property: string; below: number }
  | { property: string; set: boolean };

/** An event, any when null, of those that fulfil every condition. */
export interface Which {
  event: string | null;
  where?: Condition[];
}

/** What any question may say beside its own fields. */
export interface Scope {
  people?: { in?: string[]; not_in?: string[] };
  per?: string;
}

export const COUNTS = [
  'events',
  'people',
  'per-person',
  'sum',
  'average',
  'minimum',
  'maximum',
  'median',
  'percentile',
  'different',
] as const;
export type CountKind = (typeof COUNTS)[number];

type Values = (number | null)[];

export interface Earlier {
  values: Values;
  total: number | null;
}

export interface TrendSeries {
  event: string | null;
  count: CountKind;
  of?: string | null;
  at?: number | null;
  breakdown: string | null;
  values: Values;
  total: number | null;
  smooth?: Values | null;
  earlier?: Earlier | null;
}

export interface FormulaSeries {
  breakdown: string | null;
  values: Values;
  total: number | null;
  smooth?: Values | null;
  earlier?: Earlier | null;
}

export interface TrendAnswer extends Answer {
  intervals: Instant[];
  series: TrendSeries[];
  formula?: FormulaSeries[] | null;
  /** Beside `intervals`; null where the earlier time has fewer. */
  earlier_intervals?: (Instant | null)[] | null;
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
  over?: { start: Instant; entered: number; converted: number }[] | null;
}

export interface RetentionAnswer extends Answer {
  cohorts: { start: Instant; people: number; values: number[] }[];
}

export interface PathsAnswer extends Answer {
  steps: number;
  nodes: { step: number; name: string; count: number }[];
  edges: PathEdge[];
  top: { path: string[]; count: number }[];
}

export interface PathEdge {
  step: number;
  from: string;
  to: string;
  count: number;
  people: number;
  median_seconds: number | null;
}

export const LIVES = ['new', 'returning', 'resurrecting', 'dormant'] as const;
export type Life = (typeof LIVES)[number];

export interface LifecycleAnswer extends Answer, Record<Life, number[]> {
  intervals: Instant[];
}

export interface StickinessAnswer extends Answer {
  intervals_total: number;
  series: { event: string | null; people: number[] }[];
}

export interface SessionsAnswer extends Answer {
  intervals: Instant[];
  sessions: number[];
  people: number[];
  bounces: number[];
  median_seconds: Values;
  totals: {
    sessions: number;
    people: number;
    bounces: number;
    bounce_share: number | null;
    median_seconds: number | null;
    average_seconds: number | null;
    events_per_session: number | null;
  };
  entry: { page: string | null; sessions: number; bounces: number }[];
  exit: { page: string | null; sessions: number }[];
}

export interface ValuesAnswer extends Answer {
  values: { value: string | null; events: number; people: number }[];
  different: number;
  missing: number;
  numbers?: {
    least: number;
    average: number;
    median: number;
    greatest: number;
    sum: number;
  } | null;
}

export interface FoundPerson {
  person: string;
  first: Instant;
  last: Instant;
  events: number;
}

export interface PeopleAnswer extends Answer {
  people: FoundPerson[];
  total: number;
}

/** The people behind a number; the number's own sentence stands beside it. */
export type BehindAnswer = Omit<PeopleAnswer, 'sentence'> & { sentence?: string };

export interface CohortAnswer extends Answer {
  people: number;
}

/** What a saved thing has beside its own fields. */
export interface Saved {
  id: string;
  /** Grows with each change; a change names the one that it replaces. */
  version?: number;
  name: string;
  created: Instant;
  changed: Instant;
  by?: string | null;
}

/** A question by its kind; `question` has every field that the kind's address has. */
export interface Asked {
  kind: string;
  question: { [field: string]: unknown };
}

export interface SavedQuestion extends Saved, Asked {
  about?: string | null;
}

export interface Filters {
  from?: string;
  to?: string;
  zone?: string;
  purpose?: string;
  where?: Condition[];
}

export type TileView = 'chart' | 'table' | 'number';

export interface Tile {
  id: string;
  title?: string | null;
  question: Asked | { saved: string };
  view: TileView;
  x: number;
  y: number;
  w: number;
  h: number;
}

export interface Dashboard extends Saved {
  about?: string | null;
  filters?: Filters | null;
  tiles: Tile[];
}

export interface TileAnswer {
  id: string;
  answer?: Answer | SqlAnswer;
  problem?: Problem;
}

export interface TileAnswers {
  tiles: TileAnswer[];
}

export interface Annotation {
  id: string;
  time: Instant;
  text: string;
}

export interface Cohort extends Saved {
  about?: string | null;
  rule: { kind: 'question'; question: { [field: string]: unknown } } | { kind: 'list' };
}

export type AlertWhen =
  | { above: number }
  | { below: number }
  | { rises: number }
  | { falls: number };

export interface Alert extends Saved {
  question: Asked | { saved: string };
  series?: number;
  when: AlertWhen;
  every: 'hour' | 'day';
  to: ({ mail: string } | { webhook: string })[];
  paused?: boolean;
  /** What was found is told to whoever could ask the question. */
  state?: 'new' | 'ok' | 'firing' | 'failed';
  last?: Instant | null;
  /** The last whole interval that was found. */
  found?: { start: Instant; value: number; before: number | null } | null;
  failed?: string | null;
  waiting?: number;
  lost?: number;
  /** What its webhooks are signed with; answered once, when it is made. */
  secret?: string;
}

export interface AlertTest {
  results: {
    to: { mail: string } | { webhook: string };
    delivered: boolean;
    code?: string;
    detail?: string;
  }[];
}

export interface SqlAnswer {
  columns: { name: string; type: string }[];
  rows: Value[][];
  truncated: boolean;
  scanned: Answer['scanned'];
  as_of: Instant;
  purpose: string;
}

export interface SqlSchema {
  tables: {
    name: string;
    about: string;
    columns: { name: string; type: string; about: string }[];
  }[];
  functions: (string | { name: string })[];
}

export interface QueryProgress {
  rows: number;
  bytes: number;
  of_bytes: number;
  seconds: number;
  phase: string;
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
  /** What the person says to each purpose that was ever asked about. */
  choices?: { purpose: string; answer: 'yes' | 'no' }[];
  /** Each time that the person said something, the newest last. */
  acts?: { time: Instant; yes: string[]; no: string[] }[];
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
