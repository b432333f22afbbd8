// A question as the fields of an address, and back: `series.0.event=Order+Completed`. Names say
// what type a value has, so that an address stays readable. Pure functions.

import type { Search } from '../frame/search';

export type Tree = string | number | boolean | null | Tree[] | { [name: string]: Tree };

const NUMBERS = new Set([
  'at', 'smooth', 'limit', 'length', 'periods', 'after', 'before', 'above', 'below', 'at_least',
  'at_most', 'series', 'step', 'period', 'intervals',
]);
const SWITCHES = new Set(['set']);
// A list of texts is a repeated name, also when it holds one.
const LISTS = new Set(['is', 'is_not', 'in', 'not_in', 'exclude']);
const NOTHING = '*';

const isText = (value: Tree): value is string | null =>
  typeof value === 'string' || value === null;

/** The fields of a tree; what is undefined is left out. */
export function flatten(tree: object, prefix = ''): Search {
  const out: Search = {};
  for (const [name, value] of Object.entries(tree) as [string, Tree | undefined][]) {
    if (value === undefined) continue;
    const path = prefix + name;
    if (Array.isArray(value) && value.every(isText)) {
      if (value.length > 0) out[path] = value.map(write);
    } else if (value !== null && typeof value === 'object') {
      Object.assign(out, flatten(value, `${path}.`));
    } else {
      out[path] = write(value);
    }
  }
  return out;
}

function write(value: string | number | boolean | null): string {
  if (value === null) return NOTHING;
  const text = String(value);
  return text.startsWith(NOTHING) ? NOTHING + text : text;
}

/** The tree of the fields that begin with `prefix`. */
export function unflatten(search: Search, prefix = ''): { [name: string]: Tree } {
  const root: { [name: string]: Tree } = {};
  for (const [path, value] of Object.entries(search)) {
    if (value === undefined || !path.startsWith(prefix)) continue;
    plant(root, path.slice(prefix.length).split('.'), value);
  }
  return listed(root) as { [name: string]: Tree };
}

function plant(root: { [name: string]: Tree }, path: string[], value: string | string[]) {
  const leaf = path.at(-1) ?? '';
  let at = root;
  for (const name of path.slice(0, -1)) {
    const next = at[name];
    if (next !== undefined && next !== null && typeof next === 'object' && !Array.isArray(next)) {
      at = next;
    } else {
      at = at[name] = {};
    }
  }
  if (LISTS.has(leaf)) {
    at[leaf] = (Array.isArray(value) ? value : [value]).map((each) => parse('', each));
    return;
  }
  at[leaf] = parse(leaf, Array.isArray(value) ? (value[0] ?? '') : value);
}

function parse(name: string, text: string): Tree {
  if (text === NOTHING) return null;
  if (text.startsWith(NOTHING)) return text.slice(NOTHING.length);
  if (SWITCHES.has(name)) return text !== 'false';
  if (NUMBERS.has(name) && text.trim() !== '' && Number.isFinite(Number(text))) return Number(text);
  return text;
}

/** Objects whose names are 0, 1, 2, … as lists. */
function listed(tree: Tree): Tree {
  if (tree === null || typeof tree !== 'object' || Array.isArray(tree)) return tree;
  const names = Object.keys(tree);
  const values = Object.values(tree).map(listed);
  if (names.length > 0 && names.every((name) => /^\d{1,2}$/.test(name))) {
    return names
      .map((name, index) => [Number(name), values[index] as Tree] as const)
      .sort(([a], [b]) => a - b)
      .map(([, value]) => value);
  }
  return Object.fromEntries(names.map((name, index) => [name, values[index] as Tree]));
}

/** The fields of `tree` that differ from what holds anyway. */
export function beside<Q extends object>(tree: Q, standard: object): Partial<Q> {
  const usual = standard as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(tree).filter(
      ([name, value]) => JSON.stringify(value) !== JSON.stringify(usual[name]),
    ),
  ) as Partial<Q>;
}
