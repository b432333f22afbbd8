// Server-sent events as a React hook. The browser reconnects by itself; this says when it tries.

import { useEffect, useRef, useState } from 'react';
import { address } from './request';

export type StreamState = 'opening' | 'open' | 'broken';

/** Calls `take` for each message named `name` of the stream, while the component is mounted. */
export function useStream<T>(path: string, name: string, take: (item: T) => void): StreamState {
  const [state, setState] = useState<StreamState>('opening');
  const latest = useRef(take);
  useEffect(() => {
    latest.current = take;
  });
  useEffect(() => {
    setState('opening');
    const source = new EventSource(address(path));
    source.onopen = () => setState('open');
    source.onerror = () => setState('broken');
    source.addEventListener(name, (message: MessageEvent<string>) => {
      try {
        latest.current(JSON.parse(message.data) as T);
      } catch {
        // One unreadable message must not end the stream.
      }
    });
    return () => source.close();
  }, [path, name]);
  return state;
}
