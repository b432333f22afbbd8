// Snowplow's own trackers, pointed here. The key stands where the app id does.

import type { Sdk } from './sdk';

const IGLU = 'iglu:com.snowplowanalytics.snowplow';
const SCHEMA = `${IGLU}/consent_preferences/jsonschema/1-0-0`;

const JS_CONSENT = [
  `const consent = {`,
  `  schema: '${SCHEMA}',`,
  `  data: {`,
  `    eventType: 'allow_selected', basisForProcessing: 'consent',`,
  `    consentScopes: ['measure', 'analyse'],`,
  `    consentUrl: 'https://example.org/privacy', consentVersion: '1', domainsApplied: [],`,
  `  },`,
  `}`,
];

function browser(host: string, key: string, consent: boolean): string {
  return [
    `import { addGlobalContexts, newTracker, trackStructEvent } from '@snowplow/browser-tracker'`,
    ``,
    `newTracker('shop', '${host}', { appId: '${key}' })`,
    ...(consent ? [...JS_CONSENT, `addGlobalContexts([consent])`] : []),
    `trackStructEvent({ category: 'shop', action: 'Basket Opened', value: 2 })`,
  ].join('\n');
}

function node(host: string, key: string, consent: boolean): string {
  return [
    `import { buildStructEvent, newTracker } from '@snowplow/node-tracker'`,
    ``,
    `const tracker = newTracker(`,
    `  { namespace: 'shop', appId: '${key}' },`,
    `  { endpoint: '${host}' },`,
    `)`,
    `tracker.setUserId('customer-1')`,
    ...(consent ? JS_CONSENT : []),
    `const opened = buildStructEvent({ category: 'shop', action: 'Basket Opened', value: 2 })`,
    consent ? `tracker.track(opened, [consent])` : `tracker.track(opened)`,
    `tracker.flush()`,
  ].join('\n');
}

function python(host: string, key: string, consent: boolean): string {
  const [protocol, rest = ''] = host.split('://');
  const given = [
    `consent = SelfDescribingJson('${SCHEMA}', {`,
    `    'eventType': 'allow_selected', 'basisForProcessing': 'consent',`,
    `    'consentScopes': ['measure', 'analyse'],`,
    `    'consentUrl': 'https://example.org/privacy', 'consentVersion': '1',`,
    `    'domainsApplied': [],`,
    `})`,
  ];
  return [
    `from snowplow_tracker import Emitter, SelfDescribingJson, StructuredEvent, Subject, Tracker`,
    ``,
    `emitter = Emitter('${rest}', protocol='${protocol}')`,
    `subject = Subject().set_user_id('customer-1')`,
    `tracker = Tracker('shop', emitter, subject=subject, app_id='${key}')`,
    ...(consent ? given : []),
    consent
      ? `opened = StructuredEvent(category='shop', action='Basket Opened', context=[consent])`
      : `opened = StructuredEvent(category='shop', action='Basket Opened')`,
    `tracker.track(opened)`,
    `tracker.flush()`,
  ].join('\n');
}

function curl(host: string, key: string, consent: boolean): string {
  const contexts = JSON.stringify({
    schema: `${IGLU}/contexts/jsonschema/1-0-1`,
    data: [
      {
        schema: SCHEMA,
        data: {
          eventType: 'allow_selected',
          basisForProcessing: 'consent',
          consentScopes: ['measure', 'analyse'],
          consentUrl: 'https://example.org/privacy',
          consentVersion: '1',
          domainsApplied: [],
        },
      },
    ],
  });
  return [
    `curl ${host}/com.snowplowanalytics.snowplow/tp2 \\`,
    `  -H 'content-type: application/json' -d '{`,
    `  "schema": "${IGLU}/payload_data/jsonschema/1-0-4",`,
    `  "data": [{`,
    `    "e": "se", "p": "web", "tv": "curl-1", "aid": "${key}", "duid": "browser-1",`,
    ...(consent ? [`    "co": ${JSON.stringify(contexts)},`] : []),
    `    "se_ca": "shop", "se_ac": "Basket Opened"`,
    `  }]`,
    `}'`,
  ].join('\n');
}

export const snowplow: Sdk = {
  label: 'Snowplow',
  says: 'Consent is the entity `consent_preferences`; as a global context it goes with each event.',
  languages: {
    browser: { install: 'npm install @snowplow/browser-tracker', write: browser },
    node: { install: 'npm install @snowplow/node-tracker', write: node },
    python: { install: 'pip install snowplow-tracker', write: python },
    curl: { install: null, write: curl },
  },
};
