// What there is: events and properties, how much of each, of what type, for which purposes.

import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { Fragment } from 'react';
import * as ask from '../api/ask';
import type { CatalogueEvent, CatalogueProperty } from '../api/wire';
import { one, type Search } from '../frame/search';
import { PurposeChips, usePurposeOptions } from '../parts/chips';
import { Select, Text } from '../parts/field';
import { ago, count, dateTime, share } from '../parts/format';
import { Empty, Failure, PageHead, Section, Waiting } from '../parts/page';
import { flatten } from './codec';

export default function Catalogue() {
  const search = useSearch({ strict: false }) as Search;
  const navigate = useNavigate();
  const event = one(search, 'event');
  const find = one(search, 'find') ?? '';
  const purpose = one(search, 'purpose') ?? 'measure';
  const purposes = usePurposeOptions();
  const set = (change: Search, replace = true) =>
    void navigate({ to: '/catalogue', search: { ...search, ...change }, replace });
  return (
    <>
      <PageHead
        title="Catalogue"
        lead="Every event and property that was declared or met, and what it may be used for."
      >
        <Select label="Seen for purpose" hideLabel value={purpose} options={purposes}
          onChange={(value) => set({ purpose: value })} />
        <Text label="Find a name" hideLabel type="search" placeholder="Find a name" value={find}
          onChange={(text) => set({ find: text })} />
      </PageHead>
      {event === undefined && (
        <Events find={find} purpose={purpose} onOpen={(name) => set({ event: name }, false)} />
      )}
      <Properties event={event} purpose={purpose} find={find}
        onAll={() => set({ event: undefined })} />
    </>
  );
}

/** Names that are listed at once; the others are found by a part of theirs. */
const LISTED = 30;

const has = (name: string, find: string) => name.toLowerCase().includes(find.trim().toLowerCase());

function Events(props: { find: string; purpose: string; onOpen: (event: string) => void }) {
  const events = useQuery(ask.catalogueEvents(props.purpose));
  const found = (events.data ?? [])
    .filter((each) => has(each.event, props.find))
    .sort((a, b) => b.count - a.count || a.event.localeCompare(b.event));
  const all = Math.max(1, ...found.map((each) => each.count));
  return (
    <Section title="Events" lead="The commonest first, as far as the purpose may see them.">
      {events.isPending && <Waiting label="Reading the events" />}
      {events.error && <Failure error={events.error} retry={() => void events.refetch()} />}
      {events.data && found.length === 0 && (
        <Empty
          title={props.find === '' ? 'No event yet' : 'No event by that name'}
          action={<Link to="/start" className="press">Send a first event</Link>}
        >
          An event is listed here once it was kept for this purpose.
        </Empty>
      )}
      {found.length > 0 && (
        <div className="overflow-x-auto" tabIndex={0} role="region" aria-label="Events">
          <table className="grid-table">
            <thead>
              <tr>
                <th scope="col" className="pl-5">Event</th>
                <th scope="col" className="hidden w-1/5 md:table-cell">
                  <span className="sr-only">Share of the commonest</span>
                </th>
                <th scope="col" className="number">Times</th>
                <th scope="col">Last seen</th>
                <th scope="col" className="hidden sm:table-cell">Declared</th>
                <th scope="col" className="hidden lg:table-cell">May be used to</th>
              </tr>
            </thead>
            <tbody>
              {found.slice(0, LISTED).map((each) => (
                <EventLine key={each.event} event={each} part={each.count / all}
                  onOpen={props.onOpen} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      <Unlisted found={found.length} />
    </Section>
  );
}

/** How many names a list leaves out. */
function Unlisted({ found }: { found: number }) {
  if (found <= LISTED) return null;
  return (
    <p className="border-t border-line px-5 py-3 text-sm text-soft">
      {count(found - LISTED)} more: type a part of the name.
    </p>
  );
}

function EventLine(props: {
  event: CatalogueEvent;
  part: number;
  onOpen: (event: string) => void;
}) {
  const { event } = props;
  return (
    <tr className="hover:bg-sunken">
      <th scope="row" className="py-0 pl-5">
        <button type="button" className="min-h-9 text-left hover:text-accent-text hover:underline"
          onClick={() => props.onOpen(event.event)}>
          {event.event}
        </button>
      </th>
      <td className="hidden md:table-cell" aria-hidden="true">
        <span className="block h-2 overflow-hidden rounded-full bg-sunken">
          <span className="bar block h-full rounded-full bg-accent"
            style={{ width: `${100 * props.part}%` }} />
        </span>
      </td>
      <td className="number">
        <Link
          to={'/insights/trend' as '/insights'}
          search={flatten({ series: [{ event: event.event, count: 'events' }] })}
          className="pickable"
          aria-label={`${count(event.count)}, trend of ${event.event}`}
        >
          {count(event.count)}
        </Link>
      </td>
      <td className="whitespace-nowrap text-soft" title={dateTime(event.last)}>
        {ago(event.last, Date.now())}
      </td>
      <td className="hidden sm:table-cell">
        {event.declared ? 'yes' : <span className="chip bg-warn-soft text-warn">no</span>}
      </td>
      <td className="hidden lg:table-cell">
        <PurposeChips names={event.purposes} />
      </td>
    </tr>
  );
}

function Properties(props: {
  event: string | undefined;
  purpose: string;
  find: string;
  onAll: () => void;
}) {
  const properties = useQuery(ask.properties({ purpose: props.purpose, event: props.event }));
  const found = (properties.data ?? [])
    .filter((each) => has(each.property, props.find))
    .sort((a, b) => (b.seen ?? -1) - (a.seen ?? -1) || a.property.localeCompare(b.property));
  return (
    <Section
      title={props.event === undefined ? 'Properties' : `Properties of ${props.event}`}
      lead="A column can be filtered and split by. What is sealed goes with its person's key, and is not counted."
      action={
        props.event !== undefined && (
          <button type="button" className="press" onClick={props.onAll}>
            All events and properties
          </button>
        )
      }
    >
      {properties.isPending && <Waiting label="Reading the properties" />}
      {properties.error && (
        <Failure error={properties.error} retry={() => void properties.refetch()} />
      )}
      {properties.data && found.length === 0 && (
        <Empty title="No property by that name">
          Each property that an event carries is listed by name and type, also when its value is
          dropped.
        </Empty>
      )}
      {found.length > 0 && (
        <div className="overflow-x-auto" tabIndex={0} role="region" aria-label="Properties">
          <table className="grid-table">
            <thead>
              <tr>
                <th scope="col" className="pl-5">Property</th>
                <th scope="col">Type</th>
                <th scope="col">Kept as</th>
                <th scope="col" className="number">In 30 days</th>
                <th scope="col" className="hidden sm:table-cell">Last seen</th>
                <th scope="col" className="hidden lg:table-cell">May be used to</th>
              </tr>
            </thead>
            <tbody>
              {found.slice(0, LISTED).map((each) => (
                <PropertyLine key={each.property} property={each} event={props.event} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      <Unlisted found={found.length} />
    </Section>
  );
}

/** A dotted name, which may break after each of its dots. */
const Dotted = ({ name }: { name: string }) =>
  name.split('.').map((part, at) => (
    <Fragment key={at}>
      {at > 0 && (
        <>
          .<wbr />
        </>
      )}
      {part}
    </Fragment>
  ));

function PropertyLine(props: { property: CatalogueProperty; event: string | undefined }) {
  const { property, event } = props;
  const isColumn = property.column !== null && property.column !== false;
  const seen = property.seen ?? 0;
  const wrong = property.conflicts / Math.max(1, seen + property.conflicts);
  return (
    <tr>
      <th scope="row" className="py-1 pl-5 font-mono text-[0.8125rem] leading-5 font-normal
        wrap-break-word whitespace-normal">
        {isColumn ? (
          <Link
            to={'/insights/values' as '/insights'}
            search={flatten({ property: property.property, event })}
            className="inline-block py-1 hover:text-accent-text hover:underline"
          >
            <Dotted name={property.property} />
          </Link>
        ) : (
          <Dotted name={property.property} />
        )}
      </th>
      <td className="py-1 leading-5 whitespace-nowrap">
        {property.type}
        {property.category && (
          <span className="hidden text-xs text-soft sm:block">{property.category}</span>
        )}
      </td>
      <td>
        <KeptAs property={property} />
      </td>
      <td className="number py-1 leading-5">
        {property.seen === null ? '–' : count(property.seen)}
        {property.conflicts > 0 && (
          <span className="block text-xs font-semibold text-warn"
            title={`${share(wrong)} of its values became empty`}>
            {count(property.conflicts)} of another type
          </span>
        )}
      </td>
      <td className="hidden whitespace-nowrap text-soft sm:table-cell">
        {property.last ? ago(property.last, Date.now()) : '–'}
      </td>
      <td className="hidden min-w-40 py-1 lg:table-cell">
        <PurposeChips names={property.purposes} max={2} />
      </td>
    </tr>
  );
}

/** How a property's values are kept. */
export function KeptAs({ property }: { property: CatalogueProperty }) {
  if (!property.declared) return <span className="chip bg-warn-soft text-warn">dropped</span>;
  if (property.column !== null && property.column !== false) {
    return <span className="chip bg-accent-soft text-accent-text">column</span>;
  }
  return (
    <span className="chip" title="Sealed under the person's key; gone with it">
      sealed
    </span>
  );
}
