// Segment's client for browsers. Usage: node browser.mjs URL KEY MODE USER

import { readFile } from "node:fs/promises"
import { delivered, visiting } from "../page.mjs"
import { PRODUCTS, say } from "../visit.mjs"
import { context } from "./consent.mjs"

const [url, key, mode, user] = process.argv.slice(2)
const sdk = new URL(
  "../node_modules/@segment/analytics-next/dist/umd/standalone.js",
  import.meta.url,
)

// What a shop's page holds: the standard snippet in its short form, then the script.
const html = `<!doctype html><title>A shop</title>
<script>
  window.analytics = []
  analytics._writeKey = ${JSON.stringify(key)}
  analytics._cdn = ${JSON.stringify(url)}
</script>
<script src="/client.js"></script>`

await visiting(html, await readFile(sdk), async (page, address) => {
  const arrived = new Set()
  page.on("response", (response) => {
    const request = response.request()
    if (request.method() !== "POST" || !response.ok()) return
    arrived.add(JSON.parse(request.postData()).messageId)
  })
  await page.goto(address)
  await page.waitForFunction(() => window.analytics.initialized)
  const sent = await page.evaluate(visit, { user, products: PRODUCTS, context: context(mode) })
  await delivered(() => sent.every(([, event]) => arrived.has(event.messageId)))
  for (const [call, event] of sent) {
    say(call === "track" ? event.event : call, event.messageId, event.properties?.product_id)
  }
})

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
