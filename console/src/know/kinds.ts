// The one list of kinds of questions: it drives the index, the palette, the shortcuts, the routes
// and the tiles of dashboards. What a kind is stands in its own file, loaded when it is needed.

import type { AnyKind } from './kind';

export interface KindLine {
  name: KindName;
  title: string;
  /** The question that it answers, as a person asks it. */
  asks: string;
  key: string;
  load: () => Promise<{ default: AnyKind }>;
}

export const KIND_NAMES = [
  'trend',
  'funnel',
  'retention',
  'paths',
  'lifecycle',
  'stickiness',
  'sessions',
  'values',
  'people',
  'cohort',
] as const;
export type KindName = (typeof KIND_NAMES)[number];

const LINES: Record<KindName, Omit<KindLine, 'name'>> = {
  trend: {
    title: 'Trend',
    asks: 'How much happens, and is it more than before?',
    key: 't',
    load: () => import('./trend'),
  },
  funnel: {
    title: 'Funnel',
    asks: 'How many go all the way, and where do they stop?',
    key: 'f',
    load: () => import('./funnel'),
  },
  retention: {
    title: 'Retention',
    asks: 'Who comes back, and for how long?',
    key: 'r',
    load: () => import('./retention'),
  },
  paths: {
    title: 'Paths',
    asks: 'What do people do next, or before?',
    key: 'w',
    load: () => import('./paths'),
  },
  lifecycle: {
    title: 'Lifecycle',
    asks: 'Who is new, who stays, who is back, who has gone?',
    key: 'y',
    load: () => import('./lifecycle'),
  },
  stickiness: {
    title: 'Stickiness',
    asks: 'On how many days does each person do it?',
    key: 'k',
    load: () => import('./stickiness'),
  },
  sessions: {
    title: 'Sessions',
    asks: 'How do visits begin, how long are they, how do they end?',
    key: 'o',
    load: () => import('./sessions'),
  },
  values: {
    title: 'Properties',
    asks: 'Which values does a property have, and how often?',
    key: 'v',
    load: () => import('./values'),
  },
  people: {
    title: 'Person explorer',
    asks: 'Which people did this, and when last?',
    key: 'u',
    load: () => import('./people'),
  },
  cohort: {
    title: 'Cohort',
    asks: 'How many did all of this, and none of that?',
    key: 'c',
    load: () => import('./cohort'),
  },
};

export const KINDS: readonly KindLine[] = KIND_NAMES.map((name) => ({ name, ...LINES[name] }));

export const isKindName = (name: string): name is KindName =>
  (KIND_NAMES as readonly string[]).includes(name);

export const kindTitle = (name: string) =>
  isKindName(name) ? LINES[name].title : name === 'sql' ? 'SQL' : name;
