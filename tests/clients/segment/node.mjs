// Segment's client for Node. Usage: node node.mjs URL KEY MODE USER

import { Analytics } from "@segment/analytics-node"
import { PRODUCTS, say } from "../visit.mjs"
import { context } from "./consent.mjs"

const [url, key, mode, user] = process.argv.slice(2)
const analytics = new Analytics({ writeKey: key, host: url, flushAt: 50 })
const failures = []
analytics.on("error", (failure) => failures.push(failure.reason ?? failure.code))

const who = { userId: user, anonymousId: `${user}-device` }
const common = () => ({ ...who, context: context(mode) })
const delivered = []

function send(call, what) {
  const done = new Promise((resolve, reject) => {
    analytics[call]({ ...common(), ...what }, (error, sent) =>
      error ? reject(error) : resolve([call, sent.event]),
    )
  })
  delivered.push(done)
}

send("page", { category: "Shop", name: "Home" })
for (const product of PRODUCTS) send("track", { event: "Product Viewed", properties: product })
send("screen", { name: "Cart" })
send("alias", { previousId: who.anonymousId })
send("identify", { traits: { plan: "plus" } })
send("group", { groupId: "org-1", traits: { industry: "Retail" } })
send("track", { event: "Product Added", properties: { ...PRODUCTS[0], quantity: 2 } })
send("track", { event: "Order Completed", properties: { order_id: `${user}-1`, total: 49, currency: "EUR" } })

await analytics.closeAndFlush()
for (const [call, event] of await Promise.all(delivered)) {
  say(call === "track" ? event.event : call, event.messageId, event.properties?.product_id)
}
if (failures.length > 0) throw new Error(`not delivered: ${failures}`)
