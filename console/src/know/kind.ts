// What a kind of question is: its own fields, how they are edited, and how its answer is shown.
// One value of it drives the builder's page and a dashboard's tile alike.

import type { ReactNode } from 'react';
import type { Answer, Scope } from '../api/wire';
import type { Option } from '../parts/field';
import type { Tree } from './codec';
import type { KindName } from './kinds';

/** The people behind a number are found by the place of that number in its answer. */
export type Pick = { [name: string]: Tree };
export interface Picked {
  pick: Pick;
  /** What the number counts, in words. */
  title: string;
}

export interface BuilderProps<Q> {
  question: Q;
  change: (part: Partial<Q>) => void;
  /** The events that can be asked about, the commonest first. */
  events: readonly Option[];
  purpose: string;
}

export interface ShownProps<Q, A> {
  answer: A;
  question: Q & Scope;
  zone: string;
  /** Opens the people behind a number; none where they may not be asked for. */
  onPick?: ((picked: Picked) => void) | undefined;
  /** How tall a chart may be; a tile of a dashboard says it. */
  height?: number | undefined;
}

export interface Figure {
  value: string;
  label: string;
  values?: readonly (number | null)[] | undefined;
}

export interface Kind<Q extends object, A extends Answer> {
  name: KindName;
  title: string;
  lead: string;
  /** What holds while the address says nothing. */
  standard: Q;
  purpose: 'measure' | 'analyse';
  last: string;
  /** Makes whole what the address says in part. */
  complete?: (question: Q) => Q;
  /** Whether it can be asked. */
  isWhole?: (question: Q) => boolean;
  unasked?: { title: string; text: string };
  /** What a first visit starts from, once the events are known. */
  begin?: (question: Q, events: readonly Option[]) => Partial<Q> | undefined;
  Builder: (props: BuilderProps<Q>) => ReactNode;
  /** What it may say but need not, and which of its fields that is. */
  Options?: (props: BuilderProps<Q>) => ReactNode;
  options?: readonly (keyof Q)[];
  isEmpty?: (answer: A) => boolean;
  Chart: (props: ShownProps<Q, A>) => ReactNode;
  /** The chart's twin; none where the chart is a table or a number already. */
  Table?: (props: ShownProps<Q, A>) => ReactNode;
  /** The answer as one figure, for a tile. */
  figure?: (answer: A, question: Q & Scope) => Figure | undefined;
  /** Lists people under a grant to read: no question to keep, a cohort is. */
  showsPeople?: boolean;
}

// Kinds differ in their question and answer; a list of them forgets which.
export type AnyKind = Kind<any, any>;

export const define = <Q extends object, A extends Answer>(kind: Kind<Q, A>): Kind<Q, A> => kind;
