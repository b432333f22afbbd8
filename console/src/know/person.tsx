// One person: the timeline that a purpose may see, what they chose, what each purpose would see.
// Reading any of it is itself on record.

import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import * as ask from '../api/ask';
import type { PersonEvent, Timeline } from '../api/wire';
import { one, type Search } from '../frame/search';
import { usePurposeOptions } from '../parts/chips';
import { Select, Text } from '../parts/field';
import { clockTime, count, dateTime, dayOf, plain, plural } from '../parts/format';
import { Icon } from '../parts/icons';
import { Empty, Failure, PageHead, Section, Waiting } from '../parts/page';
import { EachPurpose } from './each-purpose';

export default function PersonPage() {
  const { person = '' } = useParams({ strict: false });
  const navigate = useNavigate();
  const search = useSearch({ strict: false }) as Search;
  const purpose = one(search, 'purpose') ?? 'analyse';
  const find = one(search, 'find') ?? '';
  const purposes = usePurposeOptions();
  const timeline = useQuery(ask.person(person, purpose));
  const set = (change: Search) =>
    void navigate({
      to: '/people/$person',
      params: { person },
      search: { ...search, ...change },
      replace: true,
    });
  return (
    <>
      <PageHead
        title={`Person ${person}`}
        lead="What this purpose may see of one person, newest first. The read log keeps this look."
      >
        <Select label="For purpose" hideLabel value={purpose} options={purposes}
          onChange={(value) => set({ purpose: value })} />
        <Link to="/rights" search={{ person }} className="press">
          Export or erase
        </Link>
      </PageHead>
      <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,1fr)_18rem]">
        <section className="card overflow-hidden" aria-label="Timeline">
          {timeline.isPending && <Waiting label="Reading the timeline" />}
          {timeline.error && (
            <Failure error={timeline.error} retry={() => void timeline.refetch()} />
          )}
          {timeline.data && (
            <Events timeline={timeline.data} find={find} onFind={(text) => set({ find: text })} />
          )}
        </section>
        <div>
          {timeline.data?.choices && <Choices timeline={timeline.data} />}
          <EachPurpose person={person} current={purpose}
            onPurpose={(value) => set({ purpose: value })} />
        </div>
      </div>
    </>
  );
}

const SHOWN_MAX = 500;

const matches = (event: PersonEvent, find: string) =>
  `${event.event} ${JSON.stringify(event.properties ?? {})}`
    .toLowerCase()
    .includes(find.trim().toLowerCase());

function Events(props: { timeline: Timeline; find: string; onFind: (text: string) => void }) {
  const all = props.timeline.events;
  if (all.length === 0) {
    return (
      <Empty title="Nothing that this purpose may see">
        Another purpose may see more, or the person took a permission back.
      </Empty>
    );
  }
  const events = [...all].reverse().filter((event) => matches(event, props.find));
  const days = Map.groupBy(events.slice(0, SHOWN_MAX), (event) => dayOf(event.time));
  return (
    <>
      <div className="flex flex-wrap items-center justify-between gap-3 px-5 py-3">
        <p className="text-sm text-soft tabular-nums" role="status">
          {plural(events.length, 'event')}
          {events.length > SHOWN_MAX ? `, the newest ${SHOWN_MAX} shown` : ''}
        </p>
        <Text label="Filter the timeline" hideLabel type="search" placeholder="Event or value"
          value={props.find} onChange={props.onFind} />
      </div>
      {[...days].map(([day, list]) => (
        <section key={day} aria-label={day}>
          <h2 className="eyebrow border-y border-line bg-sunken px-5 py-1.5">{day}</h2>
          <ol>
            {list.map((event, index) => (
              <Line key={index} event={event} />
            ))}
          </ol>
        </section>
      ))}
    </>
  );
}

function Line({ event }: { event: PersonEvent }) {
  const values = Object.entries(event.properties ?? {});
  return (
    <li className="grid gap-x-5 gap-y-1 border-b border-line px-5 py-2.5 last:border-b-0
      sm:grid-cols-[4.5rem_11rem_1fr]">
      <span className="text-sm text-soft tabular-nums">{clockTime(event.time)}</span>
      <span className="font-medium">{event.event}</span>
      <span className="min-w-0 text-sm break-words text-soft">
        {values.map(([name, value]) => `${name}: ${plain(value)}`).join(' · ') || event.source}
      </span>
    </li>
  );
}

/** What the person said, as it stands now, and each time that they said something. */
function Choices({ timeline }: { timeline: Timeline }) {
  const { choices = [], acts = [] } = timeline;
  return (
    <Section title="Their choices" lead="Unknown is a no.">
      {choices.length === 0 && (
        <p className="px-5 pb-4 text-sm text-soft">They were never asked, or never answered.</p>
      )}
      <ul className="px-5 pb-3">
        {choices.map(({ purpose, answer }) => (
          <li key={purpose} className="flex items-center gap-2 py-1 text-sm">
            <span className={answer === 'yes' ? 'text-accent-text' : 'text-warn'}>
              <Icon name={answer === 'yes' ? 'check' : 'minus'} size={13} />
            </span>
            <span className="flex-1">{purpose}</span>
            <span className="text-soft">{answer}</span>
          </li>
        ))}
      </ul>
      {acts.length > 0 && (
        <details className="border-t border-line">
          <summary className="flex min-h-10 items-center gap-2 px-5 text-sm text-soft">
            <span className="turns">
              <Icon name="chevron" size={11} />
            </span>
            Said {count(acts.length)} {acts.length === 1 ? 'time' : 'times'}
          </summary>
          <ol className="px-5 pb-4 text-sm">
            {[...acts].reverse().map((act, index) => (
              <li key={index} className="py-1">
                <span className="text-soft tabular-nums">{dateTime(act.time)}</span>
                {act.yes.length > 0 && <span className="block">yes: {act.yes.join(', ')}</span>}
                {act.no.length > 0 && <span className="block">no: {act.no.join(', ')}</span>}
              </li>
            ))}
          </ol>
        </details>
      )}
    </Section>
  );
}
