// Questions on their way: each has an id, by which its progress is told and it can be cancelled.

import { useSyncExternalStore } from 'react';
import { remove, send } from './request';

const ids = new Map<string, string>();
const hearers = new Set<() => void>();
const tell = () => {
  for (const hear of hearers) hear();
};

function subscribe(hear: () => void) {
  hearers.add(hear);
  return () => hearers.delete(hear);
}

// Works also where the page came over plain HTTP, unlike the browser's own UUIDs.
function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return [...bytes].map((each) => each.toString(16).padStart(2, '0')).join('');
}

/** Asks, and is known by its key until it is answered. Going away ends it on the server too. */
export async function running<A>(
  key: readonly unknown[],
  path: string,
  plan: object,
  signal: AbortSignal,
): Promise<A> {
  const name = JSON.stringify(key);
  const id = newId();
  ids.set(name, id);
  tell();
  try {
    const response = await send('POST', path, plan, { headers: { 'query-id': id }, signal });
    return (await response.json()) as A;
  } finally {
    if (ids.get(name) === id) ids.delete(name);
    tell();
  }
}

/** The id of the question while it is on its way. */
export const useRunning = (key: readonly unknown[]): string | undefined => {
  const name = JSON.stringify(key);
  return useSyncExternalStore(subscribe, () => ids.get(name));
};

export const cancel = (id: string) => remove(`api/queries/${encodeURIComponent(id)}`);
