// The one place that talks to the server. Addresses are relative to the page's base, so that
// the console works below any path.

import { ProblemError, Unreachable, type Problem } from './problem';

/** The absolute address of a path of this server, below wherever it is mounted. */
export function address(path: string): string {
  return new URL(path, document.baseURI).href;
}

/** The address that SDKs are pointed at: the base without its last slash. */
export function host(): string {
  return document.baseURI.replace(/\/$/, '');
}

/** The mount path for the router, such as `/` or `/candor`. */
export function basePath(): string {
  return new URL(document.baseURI).pathname;
}

async function problemOf(response: Response): Promise<Problem> {
  const fallback = {
    type: 'about:blank',
    title: response.statusText || `the server answered ${response.status}`,
    status: response.status,
  };
  try {
    const body = (await response.json()) as Partial<Problem>;
    return { ...fallback, ...body };
  } catch {
    return fallback;
  }
}

type Verb = 'GET' | 'POST' | 'PUT' | 'DELETE';

export interface Way {
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

export async function send(
  verb: Verb,
  path: string,
  body?: unknown,
  { headers = {}, signal }: Way = {},
): Promise<Response> {
  const init: RequestInit = { method: verb, credentials: 'same-origin', headers };
  if (signal) init.signal = signal;
  if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers = { 'content-type': 'application/json', ...headers };
  }
  const response = await fetch(address(path), init).catch((error: unknown) => {
    // The browser tells only by the error's type that it is the network's; a cancelled one is not.
    throw error instanceof TypeError ? new Unreachable(error.message) : error;
  });
  if (!response.ok) throw new ProblemError(await problemOf(response));
  return response;
}

async function json<T>(verb: Verb, path: string, body?: unknown, way?: Way): Promise<T> {
  const response = await send(verb, path, body, way);
  const text = await response.text();
  return (text === '' ? null : JSON.parse(text)) as T;
}

export const get = <T>(path: string) => json<T>('GET', path);
export const post = <T>(path: string, body: unknown, way?: Way) =>
  json<T>('POST', path, body, way);
export const put = <T>(path: string, body: unknown) => json<T>('PUT', path, body);
export const remove = <T>(path: string) => json<T>('DELETE', path);

/** A query string of the given fields, leaving out what is empty. */
export function query(fields: Record<string, string | number | undefined>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined && value !== '') search.set(name, String(value));
  }
  const text = search.toString();
  return text === '' ? '' : `?${text}`;
}
