// Where Segment's clients carry what a person answered: in the context of each call.

import { answers } from "../visit.mjs"

export function context(mode) {
  const categoryPreferences = answers(mode)
  return categoryPreferences ? { consent: { categoryPreferences } } : {}
}
