// Snowplow's client for browsers. Usage: node browser.mjs URL KEY MODE USER

import { readFile } from "node:fs/promises"
import { delivered, visiting } from "../page.mjs"
import { PRODUCTS, say } from "../visit.mjs"
import { contexts } from "./consent.mjs"

const [url, key, mode, user] = process.argv.slice(2)
const sdk = new URL(
  "../node_modules/@snowplow/browser-tracker/dist/index.umd.min.js",
  import.meta.url,
)

// The visitor was here before: the tracker finds its own cookie, named after the host, with its id
// of the browser, the instants and the visit of that time.
const html = `<!doctype html><title>A shop</title>
<script>
  const earlier = Math.round(Date.now() / 1000) - 3600
  const visit = "6a2e3b8b-9d3c-4f6e-8a5b-1c2d3e4f5a6b"
  const known = [${JSON.stringify(`${user}-device`)}, earlier, 1, earlier, earlier, visit]
  document.cookie = "_sp_id.dc78=" + known.join(".") + "; path=/"
</script>
<script src="/client.js"></script>`

await visiting(html, await readFile(sdk), async (page, address) => {
  const arrived = new Set()
  page.on("response", (response) => {
    const request = response.request()
    if (request.method() !== "POST" || !response.ok()) return
    for (const event of JSON.parse(request.postData()).data) arrived.add(event.eid)
  })
  await page.goto(address)
  const asked = { url, key, user, products: PRODUCTS, context: contexts(mode) }
  const sent = await page.evaluate(visit, asked)
  await delivered(() => sent.every(([, message]) => arrived.has(message)))
  for (const [event, message, product] of sent) say(event, message, product, "product.id")
})

/** Runs in the page: the visit, event by event. */
function visit({ url, key, user, products, context }) {
  const tracked = []
  const listener = { afterTrack: (payload) => tracked.push(payload.eid) }
  const client = window.snowplowBrowserTracking
  client.newTracker("shop", url, { appId: key, plugins: [listener] })
  const sent = []
  const send = (event, call, what, entities = [], product = undefined) => {
    client[call]({ ...what, context: [...structuredClone(context), ...entities] })
    sent.push([event, tracked.at(-1), product])
  }
  const described = (vendor, name, version, data) => ({
    event: { schema: `iglu:${vendor}/${name}/jsonschema/${version}`, data },
  })
  const shop = "com.snowplowanalytics.snowplow.ecommerce"
  send("page_view", "trackPageView", {})
  for (const { product_id: id, price } of products) {
    const look = described(shop, "snowplow_ecommerce_action", "1-0-2", { type: "product_view" })
    const data = { id, price, category: "things", currency: "EUR" }
    const product = { schema: `iglu:${shop}/product/jsonschema/1-0-0`, data }
    send("snowplow_ecommerce_action", "trackSelfDescribingEvent", look, [product], id)
  }
  client.setUserId(user)
  const cart = "https://shop.example/cart"
  const link = described("com.snowplowanalytics.snowplow", "link_click", "1-0-1", {
    targetUrl: cart,
  })
  send("link_click", "trackSelfDescribingEvent", link)
  const added = described("com.snowplowanalytics.snowplow", "add_to_cart", "1-0-0", {
    sku: "mug",
    quantity: 2,
  })
  send("add_to_cart", "trackSelfDescribingEvent", added)
  send("event", "trackStructEvent", { category: "shop", action: "pay", value: 49 })
  // What could not be delivered is tried again with the next event, or when it is asked for.
  setInterval(() => client.flushBuffer(), 100)
  return sent
}
