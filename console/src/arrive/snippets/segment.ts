// Segment's own clients, pointed here.

import type { Sdk } from './sdk';

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

export const segment: Sdk = {
  label: 'Segment',
  says: 'Consent is `context.consent.categoryPreferences`, as Segment\'s consent manager sends it.',
  languages: {
    browser: { install: 'npm install @segment/analytics-next', write: browser },
    node: { install: 'npm install @segment/analytics-node', write: node },
    python: { install: 'pip install segment-analytics-python', write: python },
    curl: { install: null, write: curl },
  },
};
