// Retention: of the people who began in an interval, how many came back in each one after.
// The grid is a table already, so it is its own twin.

import { useQuery } from '@tanstack/react-query';
import * as ask from '../api/ask';
import type { Interval, RetentionAnswer } from '../api/wire';
import { among, one } from '../frame/search';
import { Choice, Select } from '../parts/field';
import { count, plural, share, wholeShare } from '../parts/format';
import { PageHead } from '../parts/page';
import { AnswerFrame, PeriodFields, PurposeField, useAddress, useEventOptions } from './frame';
import { range } from './period';
import { longInterval, shortInterval, type Clock } from './scale';
import { NothingFound } from './trend';

const INTERVALS = [
  { value: 'week', label: 'Week' },
  { value: 'day', label: 'Day' },
  { value: 'month', label: 'Month' },
] as const;
const ANY = '*';

export default function Retention() {
  const address = useAddress('/insights/retention', 'analyse', '90d');
  const { options } = useEventOptions(address.purpose);
  const find = (name: string) => one(address.search, name);
  const interval = among<Interval>(
    find('interval'),
    INTERVALS.map((each) => each.value),
  );
  const start = find('start') ?? ANY;
  const back = find('return') ?? ANY;
  const shown = among(find('as'), ['percent', 'people']);
  const named = (event: string) => ({ event: event === ANY ? null : event });
  const plan = {
    purpose: address.purpose,
    ...range(address.period, address.zone, Date.now()),
    start: named(start),
    return: named(back),
    interval,
  };
  const result = useQuery(ask.insight<RetentionAnswer>('retention', plan, true));
  const any = { value: ANY, label: 'Any event' };
  return (
    <>
      <PageHead title="Retention" lead="Who comes back, and for how long." />
      <div className="card fields mb-5 p-4">
        <Select
          label="Began with"
          value={start}
          options={[any, ...options]}
          className="max-w-[15rem]"
          onChange={(value) => address.set({ start: value === ANY ? undefined : value })}
        />
        <Select
          label="Came back with"
          value={back}
          options={[any, ...options]}
          className="max-w-[15rem]"
          onChange={(value) => address.set({ return: value === ANY ? undefined : value })}
        />
        <Select
          label="Per"
          value={interval}
          options={INTERVALS}
          onChange={(value) => address.set({ interval: value })}
        />
        <PeriodFields address={address} />
        <PurposeField address={address} />
        <Choice
          label="Show"
          value={shown}
          options={[
            { value: 'percent', label: 'Percent' },
            { value: 'people', label: 'People' },
          ]}
          onChange={(value) => address.set({ as: value === 'percent' ? undefined : value })}
        />
      </div>
      <AnswerFrame
        title="Answer"
        result={result}
        address={address}
        single
        isEmpty={(answer) => answer.cohorts.every((each) => each.people === 0)}
        empty={<NothingFound />}
        chart={(answer) => (
          <Grid answer={answer} clock={{ interval, zone: address.zone }} shown={shown} />
        )}
        table={() => null}
      />
    </>
  );
}

// Five steps of the accent, each with the ink that is readable on it.
const HEAT = ['heat-0', 'heat-1', 'heat-2', 'heat-3', 'heat-4'];
const heat = (ratio: number) => HEAT[Math.min(4, Math.floor(ratio * 5))] ?? 'heat-0';

function Grid(props: {
  answer: RetentionAnswer;
  clock: Clock;
  shown: 'percent' | 'people';
}) {
  const { cohorts } = props.answer;
  const columns = Math.max(0, ...cohorts.map((each) => each.values.length));
  const unit = { hour: 'Hour', day: 'Day', week: 'Week', month: 'Month' }[props.clock.interval];
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
                title={longInterval(cohort.start, props.clock)}
              >
                {shortInterval(cohort.start, props.clock)}
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
                    {props.shown === 'people' ? count(value) : wholeShare(ratio)}
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
