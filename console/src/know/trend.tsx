// Trend: how many events, or people, in each interval.

import type { CountKind, Interval, TrendAnswer, TrendSeries } from '../api/wire';
import { among, many, one } from '../frame/search';
import { Choice, Select } from '../parts/field';
import { count } from '../parts/format';
import { Icon } from '../parts/icons';
import { readWhere, type Address } from './address';
import { BreakdownField, WhereField } from './fields';
import { insight, type AnswerProps, type BuilderProps } from './insight';
import { LineChart, LINES_MAX, Swatch } from './line-chart';
import { longInterval } from './scale';

const INTERVALS = [
  { value: 'day', label: 'Day' },
  { value: 'hour', label: 'Hour' },
  { value: 'week', label: 'Week' },
  { value: 'month', label: 'Month' },
] as const;
const INTERVAL_NAMES = INTERVALS.map((each) => each.value);
const EVENTS_MAX = 5;
const ANY = '*';

export default insight<TrendAnswer, Question>({
  kind: 'trend',
  title: 'Trend',
  lead: 'How much happened, and when.',
  standard: { purpose: 'measure' },
  read,
  plan: ({ interval, events, counted, by, where }) => ({
    interval,
    series: events.map((event) => ({
      event: event === ANY ? null : event,
      count: counted,
      ...(where ? { where } : {}),
    })),
    ...(by ? { breakdown: by, limit: LINES_MAX } : {}),
  }),
  Builder,
  isEmpty: (answer) => answer.series.every((each) => each.total === 0),
  Chart,
  Table,
});

type Question = ReturnType<typeof read>;

function read({ search, period }: Address) {
  const chosen = many(search, 'event');
  const standard: Interval = period.last === '24h' ? 'hour' : 'day';
  return {
    events: chosen.length > 0 ? chosen : [ANY],
    interval: among<Interval>(one(search, 'interval') ?? standard, INTERVAL_NAMES),
    counted: among<CountKind>(one(search, 'count'), ['events', 'people']),
    by: one(search, 'by'),
    where: readWhere(search),
  };
}

function Builder(props: BuilderProps<Question>) {
  const { address, question, common } = props;
  return (
    <div className="card fields mb-5 p-4">
      <EventFields {...props} />
      <Choice
        label="Count"
        value={question.counted}
        options={[
          { value: 'events', label: 'Events' },
          { value: 'people', label: 'People' },
        ]}
        onChange={(value) => address.set({ count: value === 'events' ? undefined : value })}
      />
      <Select
        label="Per"
        value={question.interval}
        options={INTERVALS}
        onChange={(value) => address.set({ interval: value })}
      />
      <BreakdownField address={address} />
      <WhereField address={address} />
      {common}
    </div>
  );
}

function EventFields({ address, question: { events }, options }: BuilderProps<Question>) {
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

function Chart({ answer, question, address }: AnswerProps<TrendAnswer, Question>) {
  return (
    <LineChart
      lines={answer.series.map((series) => ({
        name: seriesName(series, question),
        values: series.values,
      }))}
      intervals={answer.intervals}
      clock={{ interval: question.interval, zone: address.zone }}
      asOf={answer.as_of}
    />
  );
}

function seriesName(series: TrendSeries, { by, events }: Question): string {
  const event = series.event ?? 'All events';
  if (!by) return event;
  const value = series.breakdown || '(none)';
  return events.length > 1 ? `${event}: ${value}` : value;
}

function Table({ answer, question, address }: AnswerProps<TrendAnswer, Question>) {
  const clock = { interval: question.interval, zone: address.zone };
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
                  {seriesName(series, question)}
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
                {longInterval(when, clock)}
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
