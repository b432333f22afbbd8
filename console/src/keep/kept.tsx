// The kept events of one purpose, newest first; a row opens in place.

import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Fragment, useId, useState } from 'react';
import * as ask from '../api/ask';
import { query } from '../api/request';
import type { LiveEvent } from '../api/wire';
import { PurposeChips } from '../parts/chips';
import { clockTime, dateTime, plain } from '../parts/format';
import { Icon } from '../parts/icons';
import { Empty, Failure, Waiting } from '../parts/page';
import { Pairs } from '../parts/pairs';
import type { LiveSearch } from './events';
import { useLive } from './live';
import { FirstEvent, LiveBar } from './live-bar';

const nameOf = (event: LiveEvent) =>
  `${event.received} ${event.time} ${event.person} ${event.event}`;

function matches(event: LiveEvent, view: LiveSearch): boolean {
  if (view.source !== '' && event.source !== view.source) return false;
  const find = view.find.trim().toLowerCase();
  if (find === '') return true;
  const text = `${event.event} ${event.person} ${JSON.stringify(event.properties)}`;
  return text.toLowerCase().includes(find);
}

export function KeptList({ view }: { view: LiveSearch }) {
  const first = useQuery(ask.events(view.purpose));
  const live = useLive<LiveEvent>({
    path: `api/events/stream${query({ purpose: view.purpose })}`,
    event: 'event',
    first: first.data,
    name: nameOf,
  });
  if (first.error) return <Failure error={first.error} retry={() => void first.refetch()} />;
  const rows = live.rows.filter((each) => matches(each, view));
  return (
    <section className="card overflow-hidden" aria-label="Kept events">
      <LiveBar live={live} shown={rows.length} />
      {first.isPending && <Waiting label="Reading the newest events" />}
      {first.data && rows.length === 0 && (
        <Empty title="No event to show" action={<FirstEvent />}>
          Events that may be used for <b>{view.purpose}</b> appear here within a second of being
          kept; those from before Candor was last started are found by questions. Another purpose
          or filter may show more.
        </Empty>
      )}
      {rows.length > 0 && (
        <div className="overflow-x-auto" role="region" aria-label="Events" tabIndex={0}>
          <table className="grid-table">
            <thead>
              <tr>
                <th scope="col" className="pl-4">Time</th>
                <th scope="col">Event</th>
                <th scope="col" className="hidden sm:table-cell">Source</th>
                <th scope="col" className="hidden sm:table-cell">Person</th>
                <th scope="col" className="hidden md:table-cell">May be used to</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((event) => (
                <Row key={nameOf(event)} event={event} purpose={view.purpose} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function Row({ event, purpose }: { event: LiveEvent; purpose: string }) {
  const id = useId();
  const [open, setOpen] = useState(false);
  return (
    <Fragment>
      <tr className="arrives hover:bg-sunken">
        <td className="pl-4 whitespace-nowrap text-soft">{clockTime(event.time)}</td>
        <th scope="row" className="py-0 font-medium">
          <button
            type="button"
            aria-expanded={open}
            aria-controls={id}
            className="flex min-h-9 items-center gap-1.5 text-left"
            onClick={() => setOpen(!open)}
          >
            <span className={`text-soft ${open ? 'rotate-90' : ''}`}>
              <Icon name="chevron" size={12} />
            </span>
            {event.event}
          </button>
        </th>
        <td className="hidden whitespace-nowrap sm:table-cell">{event.source}</td>
        <td className="hidden font-mono text-[0.8125rem] sm:table-cell">{event.person}</td>
        <td className="hidden md:table-cell">
          <PurposeChips names={event.purposes} />
        </td>
      </tr>
      <tr id={id} hidden={!open}>
        <td colSpan={5} className="bg-sunken px-4 py-3">
          {open && <Details event={event} purpose={purpose} />}
        </td>
      </tr>
    </Fragment>
  );
}

function Details({ event, purpose }: { event: LiveEvent; purpose: string }) {
  const properties = Object.entries(event.properties ?? {});
  const facts: [string, string][] = [
    ['happened', dateTime(event.time)],
    ['received', dateTime(event.received)],
    ['source', event.source],
    ['person', event.person],
  ];
  return (
    <div className="grid gap-x-8 gap-y-3 lg:grid-cols-2">
      <Pairs
        title="Properties"
        pairs={properties.map(([name, value]) => [name, plain(value)])}
        none="None in a column. The others are sealed under the person's key."
      />
      <div>
        <Pairs title="About" pairs={facts} />
        <div className="mt-2 flex flex-wrap items-center gap-1.5 text-sm">
          <span className="text-soft">may be used to</span>
          <PurposeChips names={event.purposes} max={99} />
        </div>
        <Link
          to="/people/$person"
          params={{ person: event.person }}
          search={{ purpose }}
          className="press mt-3"
        >
          Timeline of {event.person}
        </Link>
      </div>
    </div>
  );
}
