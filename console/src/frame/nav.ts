// The one list of pages: it drives the rail, the palette, the shortcuts and their sheet.

export interface Page {
  to: string;
  label: string;
  group: string;
  key: string;
  hint: string;
}

export const PAGES: readonly Page[] = [
  { to: '/start', label: 'First event', group: 'Sources', key: 'h', hint: 'send one and see' },
  { to: '/sources', label: 'Sources & keys', group: 'Sources', key: 's', hint: 'who sends what' },
  { to: '/events', label: 'Live events', group: 'Events', key: 'e', hint: 'as they arrive' },
  { to: '/storage', label: 'Storage', group: 'Events', key: 'd', hint: 'what lies where' },
  { to: '/insights/trend', label: 'Trend', group: 'Insights', key: 't', hint: 'how much, when' },
  { to: '/insights/funnel', label: 'Funnel', group: 'Insights', key: 'f', hint: 'step by step' },
  { to: '/insights/retention', label: 'Retention', group: 'Insights', key: 'r', hint: 'who stays' },
  { to: '/insights/cohort', label: 'Cohort', group: 'Insights', key: 'c', hint: 'who did what' },
  { to: '/policy', label: 'Policy & Consent', group: 'Trust', key: 'p', hint: 'what is allowed' },
  { to: '/rights', label: 'Rights', group: 'Trust', key: 'x', hint: 'see, take away, erase' },
  { to: '/ledger', label: 'Ledger', group: 'Trust', key: 'l', hint: 'proof of what was done' },
];
