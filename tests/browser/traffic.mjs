// What the tests send to the collector: stock Segment calls, with and without the person's choice.
import { at } from './pages.mjs';

export const OPENED = 'Basket Opened';
export const PAID = 'Basket Paid';
export const PEOPLE = 12;
export const PAYERS = 5;
const MINUTE_MS = 60_000;
export const CONSENT = { categoryPreferences: { measure: true, analyse: true } };

// A run of its own people, so that a second run on the same data still counts right.
const BEGUN = Date.now();
const RUN = BEGUN.toString(36);
const HOUR_BEGAN = BEGUN - 50 * MINUTE_MS;
/** When the first of them paid: yesterday, when the tests run just after midnight. */
export const PAID_AT = new Date(HOUR_BEGAN + 10 * MINUTE_MS);
export const person = (index) => `walker-${RUN}-${index}`;

const headers = (key) => ({
  authorization: `Basic ${Buffer.from(`${key}:`).toString('base64')}`,
  'content-type': 'application/json',
});

async function send(path, key, body) {
  const response = await fetch(at(path), {
    method: 'POST',
    headers: headers(key),
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${path} answered ${response.status} ${await response.text()}`);
}

/** One call of a visitor's browser, as a stock SDK makes it; `consent` adds the line shown. */
export function track(key, { event = OPENED, consent = false } = {}) {
  return send('v1/track', key, {
    type: 'track',
    anonymousId: `visitor-${RUN}`,
    event,
    messageId: `${RUN}-${event}-${consent}-${performance.now()}`,
    timestamp: new Date().toISOString(),
    properties: { currency: 'EUR', quantity: 2 },
    ...(consent ? { context: { consent: CONSENT } } : {}),
  });
}

/** A small shop's hour: everybody opens a basket, some pay ten minutes later. */
export function shopHour(key) {
  const call = (event, index, minutes) => ({
    type: 'track',
    userId: person(index),
    event,
    messageId: `${RUN}-${event}-${index}`,
    timestamp: new Date(HOUR_BEGAN + minutes * MINUTE_MS).toISOString(),
    properties: { currency: index % 2 === 0 ? 'EUR' : 'SEK', quantity: 1 + (index % 3) },
    context: { consent: CONSENT },
  });
  const batch = Array.from({ length: PEOPLE }, (_, index) => call(OPENED, index, index));
  for (let index = 0; index < PAYERS; index += 1) batch.push(call(PAID, index, 10 + index));
  return send('v1/batch', key, { batch, sentAt: new Date().toISOString() });
}
