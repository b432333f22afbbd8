// Where Snowplow's clients carry what a person answered: in a context of each event.

import { answers } from "../visit.mjs"

export function contexts(mode) {
  const given = answers(mode)
  if (!given) return []
  const agreed = Object.keys(given).filter((purpose) => given[purpose])
  const data = {
    eventType: agreed.length > 0 ? "allow_all" : "withdrawn",
    basisForProcessing: "consent",
    consentUrl: "https://shop.example/privacy",
    consentVersion: "1.0",
    consentScopes: agreed,
    domainsApplied: ["shop.example"],
    gdprApplies: true,
  }
  const schema = "iglu:com.snowplowanalytics.snowplow/consent_preferences/jsonschema/1-0-0"
  return [{ schema, data }]
}
