// What every client sends: one visit to a shop, in each kind of call that the protocol has.

export const PRODUCTS = [
  { product_id: "mug", price: 12.5, quantity: 1 },
  { product_id: "tee", price: 24, quantity: 1 },
]

/** The consent that rides on each call: nothing said, a yes, or a no. */
export function context(mode) {
  if (mode === "without") return {}
  const answer = { with: true, withdrawn: false }[mode]
  if (answer === undefined) throw new Error(`no such mode: ${mode}`)
  return {
    consent: {
      categoryPreferences: { measure: answer, analyse: answer, "link-devices": answer },
    },
  }
}

/** One line for each call, for the harness to compare with what Candor answers. */
export function line(call, event) {
  const sent = { call, event: call === "track" ? event.event : call, message: event.messageId }
  if (event.properties?.product_id) sent.product = event.properties.product_id
  return JSON.stringify(sent)
}
