// The official browser client, in Debian's Chromium, on a page of an origin of its own.
// Usage: node browser.mjs URL KEY MODE USER

import { mkdtemp, readFile, rm } from "node:fs/promises"
import { createServer } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { chromium } from "playwright-core"
import { PRODUCTS, context, line } from "./calls.mjs"

const DELIVERY_MAX_MS = 60_000
const SDK = new URL("node_modules/@segment/analytics-next/dist/umd/standalone.js", import.meta.url)

const [url, key, mode, user] = process.argv.slice(2)

// What a shop's page holds: the standard snippet in its short form, then the script.
const PAGE = `<!doctype html><title>A shop</title>
<script>
  window.analytics = []
  analytics._writeKey = ${JSON.stringify(key)}
  analytics._cdn = ${JSON.stringify(url)}
</script>
<script src="/analytics.js"></script>`

const script = await readFile(SDK)
const shop = createServer((request, response) => {
  const isScript = request.url === "/analytics.js"
  response.setHeader("Content-Type", isScript ? "text/javascript" : "text/html")
  response.end(isScript ? script : PAGE)
})
await new Promise((ready) => shop.listen(0, "127.0.0.1", ready))

const profile = await mkdtemp(join(tmpdir(), "candor-browser-"))
const browser = await chromium.launchPersistentContext(profile, {
  executablePath: "/usr/bin/chromium",
  headless: true,
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
})

try {
  const page = await browser.newPage()
  page.on("console", (message) => console.error(`page: ${message.text()}`))
  page.on("pageerror", (error) => console.error(`page: ${error}`))
  const delivered = new Set()
  page.on("response", (response) => {
    const request = response.request()
    if (request.method() !== "POST" || !response.ok()) return
    delivered.add(JSON.parse(request.postData()).messageId)
  })

  await page.goto(`http://127.0.0.1:${shop.address().port}/`)
  await page.waitForFunction(() => window.analytics.initialized)
  const sent = await page.evaluate(visit, { user, products: PRODUCTS, context: context(mode) })
  await within(DELIVERY_MAX_MS, () => sent.every(([, event]) => delivered.has(event.messageId)))
  for (const [call, event] of sent) console.log(line(call, event))
} finally {
  await browser.close()
  shop.close()
  await rm(profile, { recursive: true, force: true })
}

/** Runs in the page: the visit, call by call. */
async function visit({ user, products, context }) {
  const sent = []
  const options = () => ({ context: structuredClone(context) })
  const send = async (call, ...what) => {
    const { event } = await window.analytics[call](...what, options())
    sent.push([call, event])
  }
  window.analytics.setAnonymousId(`${user}-device`)
  await send("page", "Shop", "Home", {})
  for (const product of products) await send("track", "Product Viewed", product)
  await send("screen", "Shop", "Cart", {})
  await send("alias", user, `${user}-device`)
  await send("identify", user, { plan: "plus" })
  await send("group", "org-1", { industry: "Retail" })
  await send("track", "Product Added", { ...products[0], quantity: 2 })
  await send("track", "Order Completed", { order_id: `${user}-1`, total: 49, currency: "EUR" })
  return JSON.parse(JSON.stringify(sent))
}

/** Looks again until it holds; an error when it never does. */
async function within(limit, holds) {
  const end = performance.now() + limit
  while (!holds()) {
    if (performance.now() > end) throw new Error("not every event was delivered in time")
    await new Promise((next) => setTimeout(next, 20))
  }
}
