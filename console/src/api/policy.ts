// The shapes in which the server says what is open to somebody, and why.

import type { Instant } from './wire';

/** Somebody who comes to a source. */
export interface Visitor {
  source: string;
  age: string;
  yes: readonly string[];
  no: readonly string[];
  global_privacy_control: boolean;
}

/** What is open to whoever comes to a source. */
export interface Policy {
  source: string;
  regimes: string[];
  asks: string;
  law: string;
  next_change: Instant | null;
  refused: string | null;
  purposes: PurposeStanding[];
}

export interface PurposeStanding {
  name: string;
  title: string;
  open: boolean;
  reason: string;
  words: string;
  declared: string | null;
  basis: string | null;
  rules: Rule[];
}

/** A rule of the law that decided something. */
export interface Rule {
  id: string;
  regime: string;
  words: string;
  law: string;
  cite: string;
  verified: boolean;
}
