// The bar above a live list: is it listening, how many are held, pause and resume.

import { Link } from '@tanstack/react-router';
import { Icon } from '../parts/icons';
import type { Live } from './live';

const STATES = { opening: 'Connecting', open: 'Listening', broken: 'Connection lost, retrying' };

export function LiveBar<T>({ live, shown }: { live: Live<T>; shown: number }) {
  const word = live.paused ? 'Paused' : STATES[live.state];
  const tone = live.paused ? 'bg-warn' : live.state === 'broken' ? 'bg-bad' : 'listens bg-accent';
  return (
    <div className="flex flex-wrap items-center justify-between gap-2 border-b border-line px-4
      py-2.5 text-sm">
      <p className="flex items-center gap-2.5">
        <span aria-hidden="true" className={`size-2 rounded-full ${tone}`} />
        <span role="status">{word}</span>
        <span className="text-soft tabular-nums">{shown} shown</span>
      </p>
      <button
        type="button"
        className="press min-h-8"
        aria-pressed={live.paused}
        onClick={() => live.setPaused(!live.paused)}
      >
        <Icon name={live.paused ? 'play' : 'pause'} size={13} />
        {live.paused ? `Resume${live.held > 0 ? ` (${live.held} new)` : ''}` : 'Pause'}
      </button>
    </div>
  );
}

export function FirstEvent() {
  return (
    <Link to="/start" className="press">
      Send a first event
    </Link>
  );
}
