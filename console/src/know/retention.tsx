// Retention: of the people who began in an interval, how many came back in each one after.
// The grid is a table already, so it is its own twin.

import { useState } from 'react';
import type { Interval, RetentionAnswer, Which } from '../api/wire';
import { Choice, Select, Text } from '../parts/field';
import { capital, count, share, wholeShare } from '../parts/format';
import { EventField } from './fields';
import { define, type BuilderProps, type ShownProps } from './kind';
import { counted } from './measure';
import { Pickable } from './pickable';
import { longInterval, shortInterval } from './scale';
import { Where } from './where';

interface Question {
  interval: Interval;
  start: Which;
  return: Which;
  back?: 'exact' | 'unbounded';
  entry?: 'first-in-range' | 'first-ever' | 'recurring';
  periods?: number;
}

const INTERVALS = [
  { value: 'week', label: 'Week' },
  { value: 'day', label: 'Day' },
  { value: 'month', label: 'Month' },
] as const;

export default define<Question, RetentionAnswer>({
  name: 'retention',
  title: 'Retention',
  lead: 'Who comes back, and for how long.',
  standard: { interval: 'week', start: { event: null }, return: { event: null } },
  purpose: 'analyse',
  last: '90d',
  Builder,
  Options,
  options: ['back', 'entry', 'periods'],
  isEmpty: (answer) => answer.cohorts.every((each) => each.people === 0),
  Chart: Grid,
  figure: (answer) => {
    const full = answer.cohorts.filter((each) => each.values.length > 1);
    const sum = (of: (values: number[]) => number) =>
      full.reduce((all, each) => all + of(each.values), 0);
    const back = sum((values) => values[1] ?? 0) / Math.max(1, sum((values) => values[0] ?? 0));
    return { value: share(back), label: 'came back in the next interval' };
  },
});

function Builder({ question, change, events, purpose }: BuilderProps<Question>) {
  const side = (name: 'start' | 'return', label: string) => (
    <div className="flex flex-wrap items-end gap-1.5">
      <EventField label={label} any="Any event" value={question[name].event} events={events}
        onChange={(event) => change({ [name]: { ...question[name], event } })} />
      <Where where={question[name].where} of={label} purpose={purpose}
        onChange={(where) => change({ [name]: { ...question[name], where } as Which })} />
    </div>
  );
  return (
    <>
      <div className="fields">
        {side('start', 'Began with')}
        {side('return', 'Came back with')}
        <Choice label="Per" value={question.interval} options={INTERVALS}
          onChange={(interval) => change({ interval })} />
      </div>
    </>
  );
}

function Options({ question, change }: BuilderProps<Question>) {
  return (
    <>
      <Select
        label="Came back"
        value={question.back ?? 'exact'}
        options={[
          { value: 'exact', label: 'in exactly that interval' },
          { value: 'unbounded', label: 'then, or any time after' },
        ]}
        onChange={(back) =>
          change({ back: back === 'exact' ? undefined : back } as Partial<Question>)
        }
      />
      <Select
        label="Began"
        value={question.entry ?? 'first-in-range'}
        options={[
          { value: 'first-in-range', label: 'for the first time in the period' },
          { value: 'first-ever', label: 'for the first time ever' },
          { value: 'recurring', label: 'each time anew' },
        ]}
        onChange={(entry) =>
          change({ entry: entry === 'first-in-range' ? undefined : entry } as Partial<Question>)
        }
      />
      <Text
        label="Intervals after the first"
        type="number"
        min={1}
        placeholder="as many as there are"
        value={String(question.periods ?? '')}
        onChange={(text) =>
          change({ periods: Number(text) > 0 ? Number(text) : undefined } as Partial<Question>)
        }
      />
    </>
  );
}

// Five steps of the accent, each with the ink that is readable on it.
const HEAT = ['heat-0', 'heat-1', 'heat-2', 'heat-3', 'heat-4'];
const heat = (ratio: number) => HEAT[Math.min(4, Math.floor(ratio * 5))] ?? 'heat-0';

type Shown = ShownProps<Question, RetentionAnswer>;

function Grid(props: Shown) {
  const { answer, question, zone } = props;
  const [shown, setShown] = useState<'percent' | 'people'>('percent');
  const { cohorts } = answer;
  const clock = { interval: question.interval, zone };
  const columns = Math.max(0, ...cohorts.map((each) => each.values.length));
  const unit = { hour: 'Hour', day: 'Day', week: 'Week', month: 'Month' }[clock.interval];
  return (
    <>
      {props.height === undefined && (
        <div className="px-5 pt-3" data-aside>
          <Choice
            label="Show"
            hideLabel
            value={shown}
            options={[
              { value: 'percent', label: 'Percent' },
              { value: 'people', label: capital(counted(question)) },
            ]}
            onChange={setShown}
          />
        </div>
      )}
      <div className="mt-3 overflow-x-auto px-2 pb-4" tabIndex={0} role="region"
        aria-label="Retention grid">
        <table className={`grid-table retention ${props.height ? 'is-tile' : ''}`}>
          <caption className="sr-only">
            Rows are the {unit.toLowerCase()}s in which {counted(question)} began; columns
            count the intervals after it.
          </caption>
          <thead>
            <tr>
              <th scope="col">Began in</th>
              <th scope="col" className="number">{capital(counted(question))}</th>
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
                {Array.from({ length: columns }, (_, index) => (
                  <Cell key={index} {...props} cohort={cohort} index={index} shown={shown} />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function Cell(props: Shown & {
  cohort: RetentionAnswer['cohorts'][number];
  index: number;
  shown: 'percent' | 'people';
}) {
  const { cohort, index, onPick, question, zone } = props;
  const value = cohort.values[index];
  if (value === undefined) return <td />;
  // Of nobody, no share came back.
  if (cohort.people === 0) return <td className="text-center text-soft">–</td>;
  const ratio = value / cohort.people;
  const began = shortInterval(cohort.start, { interval: question.interval, zone });
  const title = `Began ${began}, came back ${question.interval} ${index}`;
  return (
    <td className={`p-0! text-center ${heat(ratio)}`}>
      <Pickable
        value={props.shown === 'people' ? count(value) : wholeShare(ratio)}
        of={title}
        className="cell"
        pick={
          onPick && (() => onPick({ title, pick: { cohort: String(cohort.start), period: index } }))
        }
      />
    </td>
  );
}
