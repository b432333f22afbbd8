// Retention: of the people who began in an interval, how many came back in each one after.
// The grid is a table already, so it is its own twin.

import type { Interval, RetentionAnswer } from '../api/wire';
import { among, one } from '../frame/search';
import { Choice, Select } from '../parts/field';
import { count, plural, share, wholeShare } from '../parts/format';
import type { Address } from './address';
import { insight, type AnswerProps, type BuilderProps } from './insight';
import { longInterval, shortInterval } from './scale';

const INTERVALS = [
  { value: 'week', label: 'Week' },
  { value: 'day', label: 'Day' },
  { value: 'month', label: 'Month' },
] as const;
const ANY = '*';
const named = (event: string) => ({ event: event === ANY ? null : event });

export default insight<RetentionAnswer, Question>({
  kind: 'retention',
  title: 'Retention',
  lead: 'Who comes back, and for how long.',
  standard: { purpose: 'analyse', last: '90d' },
  read,
  plan: ({ start, back, interval }) => ({ start: named(start), return: named(back), interval }),
  Builder,
  isEmpty: (answer) => answer.cohorts.every((each) => each.people === 0),
  Chart: Grid,
});

type Question = ReturnType<typeof read>;

function read({ search }: Address) {
  const find = (name: string) => one(search, name);
  return {
    start: find('start') ?? ANY,
    back: find('return') ?? ANY,
    interval: among<Interval>(
      find('interval'),
      INTERVALS.map((each) => each.value),
    ),
    shown: among(find('as'), ['percent', 'people']),
  };
}

function Builder({ address, question, options, common }: BuilderProps<Question>) {
  const events = [{ value: ANY, label: 'Any event' }, ...options];
  return (
    <div className="card fields mb-5 p-4">
      <Select
        label="Began with"
        value={question.start}
        options={events}
        className="max-w-[15rem]"
        onChange={(value) => address.set({ start: value === ANY ? undefined : value })}
      />
      <Select
        label="Came back with"
        value={question.back}
        options={events}
        className="max-w-[15rem]"
        onChange={(value) => address.set({ return: value === ANY ? undefined : value })}
      />
      <Select
        label="Per"
        value={question.interval}
        options={INTERVALS}
        onChange={(value) => address.set({ interval: value })}
      />
      {common}
      <Choice
        label="Show"
        value={question.shown}
        options={[
          { value: 'percent', label: 'Percent' },
          { value: 'people', label: 'People' },
        ]}
        onChange={(value) => address.set({ as: value === 'percent' ? undefined : value })}
      />
    </div>
  );
}

// Five steps of the accent, each with the ink that is readable on it.
const HEAT = ['heat-0', 'heat-1', 'heat-2', 'heat-3', 'heat-4'];
const heat = (ratio: number) => HEAT[Math.min(4, Math.floor(ratio * 5))] ?? 'heat-0';

function Grid({ answer, question, address }: AnswerProps<RetentionAnswer, Question>) {
  const { cohorts } = answer;
  const clock = { interval: question.interval, zone: address.zone };
  const columns = Math.max(0, ...cohorts.map((each) => each.values.length));
  const unit = { hour: 'Hour', day: 'Day', week: 'Week', month: 'Month' }[clock.interval];
  return (
    <div className="mt-4 overflow-x-auto px-2 pb-4" tabIndex={0} role="region"
      aria-label="Retention grid">
      <table className="grid-table retention">
        <caption className="sr-only">
          Rows are the {unit.toLowerCase()}s in which people began; columns count the intervals
          after it.
        </caption>
        <thead>
          <tr>
            <th scope="col">Began in</th>
            <th scope="col" className="number">People</th>
            {Array.from({ length: columns }, (_, index) => (
              <th key={index} scope="col" className="text-center!">
                {unit} {index}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {cohorts.map((cohort) => (
            <tr key={String(cohort.start)}>
              <th
                scope="row"
                className="font-normal whitespace-nowrap"
                title={longInterval(cohort.start, clock)}
              >
                {shortInterval(cohort.start, clock)}
              </th>
              <td className="number">{count(cohort.people)}</td>
              {Array.from({ length: columns }, (_, index) => {
                const value = cohort.values[index];
                if (value === undefined) return <td key={index} />;
                const ratio = cohort.people === 0 ? 0 : value / cohort.people;
                return (
                  <td
                    key={index}
                    className={`text-center ${heat(ratio)}`}
                    title={`${plural(value, 'person', 'people')}, ${share(ratio)}`}
                  >
                    {question.shown === 'people' ? count(value) : wholeShare(ratio)}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
