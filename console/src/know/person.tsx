// One person's timeline, as far as one purpose may see it. Reading it is itself on record.

import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import * as ask from '../api/ask';
import type { PersonEvent } from '../api/wire';
import { one } from '../frame/search';
import { usePurposeOptions } from '../parts/chips';
import { Select } from '../parts/field';
import { clockTime, dayOf, plain, plural } from '../parts/format';
import { Empty, Failure, PageHead, Waiting } from '../parts/page';

export default function PersonPage() {
  const { person = '' } = useParams({ strict: false });
  const navigate = useNavigate();
  const purpose = one(useSearch({ strict: false }), 'purpose') ?? 'analyse';
  const purposes = usePurposeOptions();
  const timeline = useQuery(ask.person(person, purpose));
  const events = [...(timeline.data?.events ?? [])].reverse();
  return (
    <>
      <PageHead
        title={`Person ${person}`}
        lead="What this purpose may see of one person, newest first. The read log keeps this look."
      >
        <Select
          label="For purpose"
          hideLabel
          value={purpose}
          options={purposes}
          onChange={(value) =>
            void navigate({
              to: '/people/$person',
              params: { person },
              search: { purpose: value },
              replace: true,
            })
          }
        />
        <Link to="/rights" search={{ person }} className="press">
          Export or erase
        </Link>
      </PageHead>
      <section className="card overflow-hidden" aria-label="Timeline">
        {timeline.isPending && <Waiting label="Reading the timeline" />}
        {timeline.error && (
          <Failure error={timeline.error} retry={() => void timeline.refetch()} />
        )}
        {timeline.data && events.length === 0 && (
          <Empty title="Nothing that this purpose may see">
            Another purpose may see more, or the person took a permission back.
          </Empty>
        )}
        {events.length > 0 && <Timeline events={events} />}
      </section>
    </>
  );
}

const SHOWN_MAX = 500;

function Timeline({ events }: { events: PersonEvent[] }) {
  const days = Map.groupBy(events.slice(0, SHOWN_MAX), (event) => dayOf(event.time));
  return (
    <>
      {[...days].map(([day, list]) => (
        <section key={day} aria-label={day}>
          <h2 className="eyebrow border-b border-line bg-sunken px-5 py-1.5">{day}</h2>
          <ol>
            {list.map((event, index) => (
              <li
                key={index}
                className="grid gap-x-5 gap-y-1 border-b border-line px-5 py-2.5
                  sm:grid-cols-[4.5rem_12rem_1fr]"
              >
                <span className="text-sm text-soft tabular-nums">{clockTime(event.time)}</span>
                <span className="font-medium">{event.event}</span>
                <span className="min-w-0 text-sm break-words text-soft">
                  {Object.entries(event.properties ?? {})
                    .map(([name, value]) => `${name}: ${plain(value)}`)
                    .join(' · ') || event.source}
                </span>
              </li>
            ))}
          </ol>
        </section>
      ))}
      <p className="px-5 py-2.5 text-[0.8125rem] text-soft">
        {plural(events.length, 'event')}
        {events.length > SHOWN_MAX ? `, the newest ${SHOWN_MAX} shown` : ''}
      </p>
    </>
  );
}
