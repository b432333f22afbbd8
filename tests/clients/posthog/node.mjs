// PostHog's client for Node. Usage: node node.mjs URL KEY MODE USER

import { PostHog } from "posthog-node"
import { PRODUCTS, answers, say } from "../visit.mjs"

const [url, key, mode, user] = process.argv.slice(2)

// A server knows what its user answered, and tells it once.
const purposes = answers(mode)
if (purposes) {
  const told = await fetch(`${url}/v1/consent`, {
    method: "POST",
    headers: { Authorization: `Bearer ${key}` },
    body: JSON.stringify({ user_id: user, purposes }),
  })
  if (!told.ok) throw new Error(`the answer was not recorded: ${await told.text()}`)
}

const client = new PostHog(key, { host: url, flushAt: 50, fetchRetryDelay: 100 })
const failures = []
client.on("error", (failure) => failures.push(failure))
for (const call of ["capture", "identify", "alias", "groupIdentify"]) {
  client.on(call, ({ event, uuid, properties }) => say(event, uuid, properties.product_id))
}

const distinctId = user
const capture = (event, properties) =>
  client.capture({ distinctId, event, properties, groups: { company: "acme" } })
capture("$pageview", { $current_url: "https://shop.example/" })
for (const product of PRODUCTS) capture("Product Viewed", product)
client.alias({ distinctId, alias: `${user}-device` })
client.identify({ distinctId, properties: { plan: "plus" } })
client.groupIdentify({ groupType: "company", groupKey: "acme", properties: { industry: "Retail" }, distinctId })
capture("Product Added", { ...PRODUCTS[0], quantity: 2 })
capture("Order Completed", { order_id: `${user}-1`, total: 49, currency: "EUR" })

await client.shutdown()
if (failures.length > 0) throw new Error(`not delivered: ${failures}`)
