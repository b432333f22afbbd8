// The places of tiles on a grid of twelve columns. No two overlap, and none hangs in the air.
// Pure functions.

export const COLUMNS = 12;
const WIDTH_MIN = 2;
const HEIGHT_MIN = 2;
const HEIGHT_MAX = 20;

export interface Place {
  id: string;
  x: number;
  y: number;
  w: number;
  h: number;
}

const overlap = (a: Place, b: Place) =>
  a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;

const clamp = (value: number, least: number, most: number) =>
  Math.max(least, Math.min(most, Math.round(value)));

function fitted<P extends Place>(place: P): P {
  const w = clamp(place.w, WIDTH_MIN, COLUMNS);
  const h = clamp(place.h, HEIGHT_MIN, HEIGHT_MAX);
  return { ...place, w, h, x: clamp(place.x, 0, COLUMNS - w), y: Math.max(0, Math.round(place.y)) };
}

const inOrder = (a: Place, b: Place) => a.y - b.y || a.x - b.x;

/** Lets every tile rise as far as it can; the one named `first` keeps its row if it must. */
export function settle<P extends Place>(places: readonly P[], first?: string): P[] {
  const placed: P[] = [];
  const sorted = places
    .map(fitted)
    .sort((a, b) => (a.y === b.y && first ? rank(a, first) - rank(b, first) : 0) || inOrder(a, b));
  for (const place of sorted) {
    let y = place.y;
    while (placed.some((each) => overlap({ ...place, y }, each))) y += 1;
    while (y > 0 && !placed.some((each) => overlap({ ...place, y: y - 1 }, each))) y -= 1;
    placed.push({ ...place, y });
  }
  return placed.sort(inOrder);
}

const rank = (place: Place, first: string) => (place.id === first ? 0 : 1);

/** Moves or resizes one tile; the others make way. */
export function put<P extends Place>(
  places: readonly P[],
  id: string,
  change: Partial<Pick<Place, 'x' | 'y' | 'w' | 'h'>>,
): P[] {
  const own = places.find((each) => each.id === id);
  if (!own) return [...places];
  const next = fitted({ ...own, ...change });
  const others = places.filter((each) => each.id !== id);
  // Going up means taking the row of what is above; going down, changing places with what is below.
  const under = others.filter((each) => overlap(next, each));
  const above = under.filter((each) => next.y < own.y && each.y < own.y);
  if (above.length > 0) next.y = Math.min(...above.map((each) => each.y));
  const lowered = others.map((each) =>
    under.includes(each) && next.y > own.y && each.y > own.y
      ? { ...each, y: Math.max(0, Math.min(each.y - own.h, own.y)) }
      : each,
  );
  return settle([...lowered, next], id);
}

/** Where one more tile goes: below the others, half the width. */
export function freePlace(places: readonly Omit<Place, 'id'>[]) {
  const bottom = Math.max(0, ...places.map((each) => each.y + each.h));
  const row = places.filter((each) => each.y + each.h === bottom);
  const right = Math.max(0, ...row.map((each) => each.x + each.w));
  const top = Math.max(0, ...row.map((each) => each.y));
  if (row.length > 0 && right <= COLUMNS / 2) return { x: right, y: top, w: 6, h: 6 };
  return { x: 0, y: bottom, w: 6, h: 6 };
}

export function newTileId(tiles: readonly { id: string }[]): string {
  let number = tiles.length + 1;
  while (tiles.some((each) => each.id === `t${number}`)) number += 1;
  return `t${number}`;
}
