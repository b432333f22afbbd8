// PostHog's client for browsers. Usage: node browser.mjs URL KEY MODE USER

import { readFile } from "node:fs/promises"
import { gunzipSync } from "node:zlib"
import { delivered, visiting } from "../page.mjs"
import { PRODUCTS, answers, say } from "../visit.mjs"

const [url, key, mode, user] = process.argv.slice(2)
const sdk = new URL("../node_modules/posthog-js/dist/array.full.no-external.js", import.meta.url)

const html = `<!doctype html><title>A shop</title><button>Buy</button>
<script src="/client.js"></script>`

await visiting(html, await readFile(sdk), async (page, address) => {
  const arrived = new Set()
  page.on("response", (response) => {
    const request = response.request()
    if (request.method() !== "POST" || response.status() !== 200) return
    const sent = request.postDataBuffer()
    const text = sent[0] === 0x1f ? gunzipSync(sent) : sent
    for (const event of JSON.parse(text).batch ?? []) arrived.add(event.uuid)
  })
  await page.goto(address)
  await page.evaluate(start, { url, key, user, consent: answers(mode) })
  await page.waitForFunction(() => window.sent.some(({ event }) => event === "$pageview"))
  await page.click("button")
  await page.evaluate(visit, { user, products: PRODUCTS })
  const sent = await page.evaluate(() => window.sent)
  await delivered(() => sent.every(({ uuid }) => arrived.has(uuid)))
  for (const { event, uuid, product } of sent) say(event, uuid, product)
})

/** Runs in the page: the client with what its documentation offers, and what the person answered. */
function start({ url, key, user, consent }) {
  window.sent = []
  window.posthog.init(key, {
    api_host: url,
    opt_out_useragent_filter: true,
    capture_pageleave: false,
    bootstrap: { distinctID: `${user}-device` },
    loaded: (client) => consent && client.register({ $consent: consent }),
    before_send: (event) => {
      const { uuid, properties } = event
      window.sent.push({ event: event.event, uuid, product: properties.product_id })
      return event
    },
  })
}

/** Runs in the page: the visit, call by call. */
function visit({ user, products }) {
  const client = window.posthog
  for (const product of products) client.capture("Product Viewed", product)
  client.identify(user, { plan: "plus" })
  client.alias(`${user}-earlier`)
  client.group("company", "acme", { industry: "Retail" })
  client.setPersonProperties({ plan: "pro" })
  client.capture("Product Added", { ...products[0], quantity: 2 })
  client.capture("Order Completed", { order_id: `${user}-1`, total: 49, currency: "EUR" })
}
