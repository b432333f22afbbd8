// PostHog's own clients, pointed here.

import type { Sdk } from './sdk';

const JS_CONSENT = 'const $consent = { measure: true, analyse: true }';

// With all its parts, as it would otherwise fetch them as scripts, which are not served from here.
function browser(host: string, key: string, consent: boolean): string {
  return [
    `import posthog from 'posthog-js/dist/module.full.no-external'`,
    ``,
    `posthog.init('${key}', { api_host: '${host}' })`,
    ...(consent ? [JS_CONSENT, `posthog.register({ $consent })`] : []),
    `posthog.capture('Basket Opened', { items: 2 })`,
  ].join('\n');
}

function node(host: string, key: string, consent: boolean): string {
  return [
    `import { PostHog } from 'posthog-node'`,
    ``,
    `const client = new PostHog('${key}', { host: '${host}' })`,
    ...(consent ? [JS_CONSENT] : []),
    `client.capture({`,
    `  distinctId: 'customer-1',`,
    `  event: 'Basket Opened',`,
    consent ? `  properties: { items: 2, $consent },` : `  properties: { items: 2 },`,
    `})`,
    `await client.shutdown()`,
  ].join('\n');
}

function python(host: string, key: string, consent: boolean): string {
  return [
    `from posthog import Posthog`,
    ``,
    `client = Posthog('${key}', host='${host}')`,
    ...(consent ? [`consent = {'measure': True, 'analyse': True}`] : []),
    `client.capture(`,
    `    'Basket Opened',`,
    `    distinct_id='customer-1',`,
    consent
      ? `    properties={'items': 2, '$consent': consent},`
      : `    properties={'items': 2},`,
    `)`,
    `client.shutdown()`,
  ].join('\n');
}

function curl(host: string, key: string, consent: boolean): string {
  return [
    `curl ${host}/i/v0/e/ -H 'content-type: application/json' -d '{`,
    `  "api_key": "${key}",`,
    `  "event": "Basket Opened", "distinct_id": "browser-1",`,
    consent
      ? `  "properties": {"items": 2, "$consent": {"measure": true, "analyse": true}}`
      : `  "properties": {"items": 2}`,
    `}'`,
  ].join('\n');
}

export const posthog: Sdk = {
  label: 'PostHog',
  says: 'Consent is the property `$consent`; registered once, it goes with every event.',
  languages: {
    browser: { install: 'npm install posthog-js', write: browser },
    node: { install: 'npm install posthog-node', write: node },
    python: { install: 'pip install posthog', write: python },
    curl: { install: null, write: curl },
  },
};
