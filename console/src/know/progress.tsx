// A question on its way: nothing below 300 ms, then what was read of how much, and a way to stop.

import { useEffect, useState } from 'react';
import { cancel, useRunning } from '../api/running';
import { useStream } from '../api/stream';
import type { QueryProgress } from '../api/wire';
import { count, duration, wholeShare } from '../parts/format';

const QUIET_MS = 300;

export function Progress({ queryKey }: { queryKey: readonly unknown[] }) {
  const id = useRunning(queryKey);
  const [isLong, setLong] = useState(false);
  useEffect(() => {
    setLong(false);
    if (id === undefined) return;
    const timer = setTimeout(() => setLong(true), QUIET_MS);
    return () => clearTimeout(timer);
  }, [id]);
  return id !== undefined && isLong ? <Running key={id} id={id} /> : null;
}

function Running({ id }: { id: string }) {
  const [far, setFar] = useState<QueryProgress | null>(null);
  const [asked, setAsked] = useState(false);
  useStream<QueryProgress>(`api/queries/${id}/events`, 'progress', setFar);
  const part = far && far.of_bytes > 0 ? Math.min(1, far.bytes / far.of_bytes) : null;
  const stop = () => {
    setAsked(true);
    // What was answered meanwhile cannot be stopped, and needs not be.
    cancel(id).catch(() => undefined);
  };
  return (
    <div className="border-b border-line px-5 py-3" data-aside>
      <div className="flex min-h-8 flex-wrap items-center gap-x-3 text-sm tabular-nums">
        <span role="status" className="font-medium">
          {far ? `${far.phase.charAt(0).toUpperCase()}${far.phase.slice(1)}` : 'Reading'}
        </span>
        {far && (
          <span className="text-soft">
            {count(far.rows)} rows{part === null ? '' : `, ${wholeShare(part)}`} ·{' '}
            {duration(far.seconds)}
          </span>
        )}
        <button type="button" className="press ml-auto min-h-8" disabled={asked} onClick={stop}>
          {asked ? 'Stopping' : 'Stop'}
        </button>
      </div>
      <div
        role="progressbar"
        aria-label="Share that was read"
        aria-valuemin={0}
        aria-valuemax={100}
        {...(part === null ? {} : { 'aria-valuenow': Math.round(100 * part) })}
        className="mt-2 h-1.5 overflow-hidden rounded-full bg-sunken"
      >
        <div className="bar h-full rounded-full bg-accent"
          style={{ width: `${100 * (part ?? 0.05)}%` }} />
      </div>
    </div>
  );
}
