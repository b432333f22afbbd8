// What every client does: one visit to a shop, with the same products and the same answers.

export const PRODUCTS = [
  { product_id: "mug", price: 12.5, quantity: 1 },
  { product_id: "tee", price: 24, quantity: 1 },
]

/** What the person answers, by our purposes: nothing, a yes to each, or a no to each. */
export function answers(mode) {
  if (mode === "without") return undefined
  const answer = { with: true, withdrawn: false }[mode]
  if (answer === undefined) throw new Error(`no such mode: ${mode}`)
  return { measure: answer, analyse: answer, "link-devices": answer }
}

/**
 * Says that an event was sent, for the harness to compare with what Candor answers: its name, its key,
 * and of a look at a product its id and the property that has it.
 */
export function say(event, message, product, property = "product_id") {
  console.log(JSON.stringify({ event, message, product, property }))
}
