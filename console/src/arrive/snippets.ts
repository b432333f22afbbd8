// The code that sends a first event, and the one line in it that sends consent. Pure text.

export type Language = 'browser' | 'node' | 'python' | 'curl';

export interface Snippet {
  install: string | null;
  code: string;
  /** The lines that carry consent, counted from zero; none in the plain snippet. */
  mark: number[];
}

interface LanguageChoice {
  value: Language;
  label: string;
  keyKind: 'site' | 'server';
}

export const LANGUAGES: readonly LanguageChoice[] = [
  { value: 'browser', label: 'Browser', keyKind: 'site' },
  { value: 'node', label: 'Node', keyKind: 'server' },
  { value: 'python', label: 'Python', keyKind: 'server' },
  { value: 'curl', label: 'curl', keyKind: 'site' },
];

const JS_CONSENT = 'const consent = { categoryPreferences: { measure: true, analyse: true } }';

function browser(host: string, key: string, consent: boolean): string {
  const track = consent
    ? [JS_CONSENT, `analytics.track('Basket Opened', { items: 2 }, { context: { consent } })`]
    : [`analytics.track('Basket Opened', { items: 2 })`];
  return [
    `import { AnalyticsBrowser } from '@segment/analytics-next'`,
    ``,
    `const analytics = AnalyticsBrowser.load({`,
    `  writeKey: '${key}',`,
    `  cdnURL: '${host}',`,
    `})`,
    ...track,
  ].join('\n');
}

function node(host: string, key: string, consent: boolean): string {
  return [
    `import { Analytics } from '@segment/analytics-node'`,
    ``,
    `const analytics = new Analytics({`,
    `  writeKey: '${key}',`,
    `  host: '${host}',`,
    `})`,
    ...(consent ? [JS_CONSENT] : []),
    `analytics.track({`,
    `  userId: 'customer-1',`,
    `  event: 'Basket Opened',`,
    `  properties: { items: 2 },`,
    ...(consent ? [`  context: { consent },`] : []),
    `})`,
    `await analytics.closeAndFlush()`,
  ].join('\n');
}

function python(host: string, key: string, consent: boolean): string {
  return [
    `import segment.analytics as analytics`,
    ``,
    `analytics.write_key = '${key}'`,
    `analytics.host = '${host}'`,
    ...(consent
      ? [`consent = {'categoryPreferences': {'measure': True, 'analyse': True}}`]
      : []),
    `analytics.track(`,
    `    user_id='customer-1',`,
    `    event='Basket Opened',`,
    `    properties={'items': 2},`,
    ...(consent ? [`    context={'consent': consent},`] : []),
    `)`,
    `analytics.shutdown()`,
  ].join('\n');
}

function curl(host: string, key: string, consent: boolean): string {
  const given = [
    `  "context": {"consent": {"categoryPreferences":`,
    `    {"measure": true, "analyse": true}}},`,
  ];
  return [
    `curl ${host}/v1/track -u '${key}:' \\`,
    `  -H 'content-type: application/json' -d '{`,
    ...(consent ? given : []),
    `  "anonymousId": "browser-1", "event": "Basket Opened",`,
    `  "properties": {"items": 2}`,
    `}'`,
  ].join('\n');
}

const WRITERS = { browser, node, python, curl };
const INSTALL = {
  browser: 'npm install @segment/analytics-next',
  node: 'npm install @segment/analytics-node',
  python: 'pip install segment-analytics-python',
  curl: null,
};

/** The snippet with or without consent; the marked lines are the ones that differ. */
export function snippet(
  language: Language,
  fill: { host: string; key: string; consent: boolean },
): Snippet {
  const write = WRITERS[language];
  const code = write(fill.host, fill.key, fill.consent);
  const plain = new Set(write(fill.host, fill.key, false).split('\n'));
  const mark = code.split('\n').flatMap((line, index) => (plain.has(line) ? [] : [index]));
  return { install: INSTALL[language], code, mark };
}
