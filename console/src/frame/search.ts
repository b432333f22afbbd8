// The address bar as state: `?step=A&step=B&window=7d`. Repeated names are lists.

export type Search = Record<string, string | string[] | undefined>;

export function parseSearch(text: string): Search {
  const found: Search = {};
  for (const [name, value] of new URLSearchParams(text)) {
    const before = found[name];
    if (before === undefined) found[name] = value;
    else found[name] = Array.isArray(before) ? [...before, value] : [before, value];
  }
  return found;
}

export function stringifySearch(search: Record<string, unknown>): string {
  const out = new URLSearchParams();
  for (const [name, value] of Object.entries(search)) {
    const values = Array.isArray(value) ? value : [value];
    for (const each of values) {
      if (each !== undefined && each !== null && each !== '') out.append(name, String(each));
    }
  }
  const text = out.toString();
  return text === '' ? '' : `?${text}`;
}

/** The first value of a name. */
export function one(search: Record<string, unknown>, name: string): string | undefined {
  const value = search[name];
  const first: unknown = Array.isArray(value) ? value[0] : value;
  return first === undefined || first === null ? undefined : String(first);
}

/** All values of a name, in order. */
export function many(search: Record<string, unknown>, name: string): string[] {
  const value = search[name];
  if (value === undefined || value === null) return [];
  return (Array.isArray(value) ? value : [value]).map(String);
}

/** The value if it is one of those allowed, else the first of them. */
export function among<T extends string>(value: string | undefined, allowed: readonly T[]): T {
  return allowed.find((each) => each === value) ?? (allowed[0] as T);
}
