// The one list of pages: it drives the rail, the palette, the shortcuts and their sheet.

import { KINDS } from '../know/kinds';

export interface Page {
  to: string;
  label: string;
  group: string;
  key: string;
  hint: string;
}

/** What stands in the rail. */
export const PAGES: readonly Page[] = [
  { to: '/dashboards', label: 'Dashboards', group: 'Answers', key: 'b', hint: 'at a glance' },
  { to: '/insights', label: 'Insights', group: 'Answers', key: 'i', hint: 'ask anything' },
  { to: '/sql', label: 'SQL', group: 'Answers', key: 'q', hint: 'ask in SQL' },
  { to: '/people', label: 'People', group: 'Answers', key: 'a', hint: 'one person' },
  { to: '/alerts', label: 'Alerts', group: 'Answers', key: 'n', hint: 'be told' },
  { to: '/start', label: 'First event', group: 'Data', key: 'h', hint: 'send one and see' },
  { to: '/sources', label: 'Sources & keys', group: 'Data', key: 's', hint: 'who sends what' },
  { to: '/events', label: 'Live events', group: 'Data', key: 'e', hint: 'as they arrive' },
  { to: '/catalogue', label: 'Catalogue', group: 'Data', key: 'm', hint: 'what there is' },
  { to: '/storage', label: 'Storage', group: 'Data', key: 'd', hint: 'what lies where' },
  { to: '/policy', label: 'Policy & Consent', group: 'Trust', key: 'p', hint: 'what is allowed' },
  { to: '/rights', label: 'Rights', group: 'Trust', key: 'x', hint: 'see, take away, erase' },
  { to: '/ledger', label: 'Ledger', group: 'Trust', key: 'l', hint: 'proof of what was done' },
];

/** The kinds of questions, one step below Insights. */
export const KIND_PAGES: readonly Page[] = KINDS.map((kind) => ({
  to: `/insights/${kind.name}`,
  label: kind.title,
  group: 'Insights',
  key: kind.key,
  hint: 'insight',
}));

export const ALL_PAGES: readonly Page[] = [...PAGES, ...KIND_PAGES];
