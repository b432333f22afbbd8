// Trend: how many events, or people, in each interval.

import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import * as ask from '../api/ask';
import type { CountKind, Interval, TrendAnswer, TrendSeries } from '../api/wire';
import { among, many, one } from '../frame/search';
import { Choice, Select } from '../parts/field';
import { count } from '../parts/format';
import { Icon } from '../parts/icons';
import { Empty, PageHead } from '../parts/page';
import {
  AnswerFrame,
  BreakdownField,
  PeriodFields,
  PurposeField,
  readWhere,
  useAddress,
  useEventOptions,
  WhereField,
  type Address,
} from './frame';
import { LineChart, LINES_MAX, Swatch } from './line-chart';
import { range } from './period';
import { longInterval, type Clock } from './scale';

const INTERVALS = [
  { value: 'day', label: 'Day' },
  { value: 'hour', label: 'Hour' },
  { value: 'week', label: 'Week' },
  { value: 'month', label: 'Month' },
] as const;
const INTERVAL_NAMES = INTERVALS.map((each) => each.value);
const EVENTS_MAX = 5;
const ANY = '*';

export default function Trend() {
  const address = useAddress('/insights/trend', 'measure');
  const chosen = many(address.search, 'event');
  const events = chosen.length > 0 ? chosen : [ANY];
  const standard: Interval = address.period.last === '24h' ? 'hour' : 'day';
  const interval = among<Interval>(one(address.search, 'interval') ?? standard, INTERVAL_NAMES);
  const counted = among<CountKind>(one(address.search, 'count'), ['events', 'people']);
  const by = one(address.search, 'by');
  const where = readWhere(address.search);
  const plan = {
    purpose: address.purpose,
    ...range(address.period, address.zone, Date.now()),
    interval,
    series: events.map((event) => ({
      event: event === ANY ? null : event,
      count: counted,
      ...(where ? { where } : {}),
    })),
    ...(by ? { breakdown: by, limit: LINES_MAX } : {}),
  };
  const result = useQuery(ask.insight<TrendAnswer>('trend', plan, true));
  return (
    <>
      <PageHead title="Trend" lead="How much happened, and when." />
      <div className="card fields mb-5 p-4">
        <EventFields address={address} events={events} />
        <Choice
          label="Count"
          value={counted}
          options={[
            { value: 'events', label: 'Events' },
            { value: 'people', label: 'People' },
          ]}
          onChange={(value) => address.set({ count: value === 'events' ? undefined : value })}
        />
        <Select
          label="Per"
          value={interval}
          options={INTERVALS}
          onChange={(value) => address.set({ interval: value })}
        />
        <BreakdownField address={address} />
        <WhereField address={address} />
        <PeriodFields address={address} />
        <PurposeField address={address} />
      </div>
      <AnswerFrame
        title="Answer"
        result={result}
        address={address}
        isEmpty={(answer) => answer.series.every((each) => each.total === 0)}
        empty={<NothingFound />}
        chart={(answer) => (
          <LineChart
            lines={answer.series.map((series) => ({
              name: seriesName(series, events.length > 1, by),
              values: series.values,
            }))}
            intervals={answer.intervals}
            clock={{ interval, zone: address.zone }}
            asOf={answer.as_of}
          />
        )}
        table={(answer) => (
          <TrendTable
            answer={answer}
            clock={{ interval, zone: address.zone }}
            several={events.length > 1}
            by={by}
          />
        )}
      />
    </>
  );
}

export function NothingFound() {
  return (
    <Empty
      title="Nothing in this period"
      action={
        <Link to="/start" className="press">
          Send a first event
        </Link>
      }
    >
      No event that may be used for this purpose falls into it. A longer period or another purpose
      may hold some.
    </Empty>
  );
}

function seriesName(series: TrendSeries, several: boolean, by: string | undefined): string {
  const event = series.event ?? 'All events';
  if (!by) return event;
  const value = series.breakdown || '(none)';
  return several ? `${event}: ${value}` : value;
}

function EventFields({ address, events }: { address: Address; events: string[] }) {
  const { options } = useEventOptions(address.purpose);
  const all = [{ value: ANY, label: 'All events' }, ...options];
  const set = (next: string[]) => address.set({ event: next });
  return (
    <div className="fields-wide flex flex-wrap items-end gap-2">
      {events.map((event, index) => (
        <div key={index} className="flex min-w-0 items-end gap-1">
          <Select
            label={events.length > 1 ? `Event ${index + 1}` : 'Event'}
            value={event}
            options={all}
            className="max-w-[15rem]"
            onChange={(value) => set(events.map((each, at) => (at === index ? value : each)))}
          />
          {events.length > 1 && (
            <button
              type="button"
              className="press press-quiet px-2"
              aria-label={`Remove event ${index + 1}`}
              onClick={() => set(events.filter((_, at) => at !== index))}
            >
              <Icon name="close" size={13} />
            </button>
          )}
        </div>
      ))}
      {events.length < EVENTS_MAX && (
        <button
          type="button"
          className="press"
          onClick={() => set([...events, options[events.length]?.value ?? ANY])}
        >
          <Icon name="plus" size={13} />
          Compare
        </button>
      )}
    </div>
  );
}

function TrendTable(props: {
  answer: TrendAnswer;
  clock: Clock;
  several: boolean;
  by: string | undefined;
}) {
  const { answer } = props;
  return (
    <div className="mt-4 max-h-[28rem] overflow-auto" tabIndex={0} role="region"
      aria-label="The same numbers as a table">
      <table className="grid-table">
        <thead className="sticky top-0 bg-raised">
          <tr>
            <th scope="col" className="pl-5">Interval</th>
            {answer.series.map((series, index) => (
              <th key={index} scope="col" className="number">
                <span className="inline-flex items-center gap-2">
                  <Swatch index={index} />
                  {seriesName(series, props.several, props.by)}
                </span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row" className="pl-5 font-semibold">Total</th>
            {answer.series.map((series, index) => (
              <td key={index} className="number font-semibold">{count(series.total)}</td>
            ))}
          </tr>
          {answer.intervals.map((when, row) => (
            <tr key={String(when)}>
              <th scope="row" className="pl-5 font-normal">
                {longInterval(when, props.clock)}
              </th>
              {answer.series.map((series, index) => (
                <td key={index} className="number">{count(series.values[row] ?? 0)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
