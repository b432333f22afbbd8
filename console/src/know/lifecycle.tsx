// Lifecycle: in each interval who was new, who stayed, who came back, and who did not come again.

import { LIVES, type Interval, type Life, type LifecycleAnswer, type Which } from '../api/wire';
import { Choice } from '../parts/field';
import { count } from '../parts/format';
import { Bars, PartSwatch, type Part } from './bars';
import { EventField, INTERVALS } from './fields';
import { define, type BuilderProps, type ShownProps } from './kind';
import { Pickable } from './pickable';
import { isRunning, longInterval, shortInterval } from './scale';
import { Where } from './where';
import { Marked, NumberTable } from './number-table';

interface Question extends Which {
  interval: Interval;
}

export default define<Question, LifecycleAnswer>({
  name: 'lifecycle',
  title: 'Lifecycle',
  lead: 'Who is new, who stays, who comes back, and who stays away.',
  standard: { event: null, interval: 'week' },
  purpose: 'analyse',
  last: '90d',
  Builder,
  isEmpty: (answer) => LIVES.every((life) => answer[life].every((each) => each === 0)),
  Chart,
  Table,
  figure: (answer) => ({
    value: count(answer.new.at(-1) ?? 0),
    label: 'new in the last interval',
    values: answer.new,
  }),
});

const LOOKS: Record<Life, { label: string; colour: string; pattern: Part['pattern'] }> = {
  new: { label: 'New', colour: 'var(--series-0)', pattern: 'plain' },
  returning: { label: 'Stayed', colour: 'var(--series-2)', pattern: 'lines' },
  resurrecting: { label: 'Came back', colour: 'var(--series-3)', pattern: 'dots' },
  dormant: { label: 'Stayed away', colour: 'var(--series-1)', pattern: 'cross' },
};

function Builder({ question, change, events, purpose }: BuilderProps<Question>) {
  return (
    <div className="fields">
      <EventField label="Who did" any="Any event" value={question.event} events={events}
        onChange={(event) => change({ event })} />
      <Where where={question.where} of="Who did" purpose={purpose}
        onChange={(where) => change({ where } as Partial<Question>)} />
      <Choice label="Per" value={question.interval} options={INTERVALS.slice(1)}
        onChange={(interval) => change({ interval })} />
    </div>
  );
}

type Shown = ShownProps<Question, LifecycleAnswer>;

function partsOf({ answer, question, zone, onPick }: Shown): (Part & { life: Life })[] {
  return LIVES.map((life) => ({
    life,
    name: LOOKS[life].label,
    colour: LOOKS[life].colour,
    pattern: LOOKS[life].pattern ?? 'plain',
    values: answer[life].map((each) => (life === 'dormant' ? -each : each)),
    pick:
      onPick &&
      ((point: number) => {
        const start = answer.intervals[point];
        if (start === undefined) return;
        const when = longInterval(start, { interval: question.interval, zone });
        onPick({ title: `${LOOKS[life].label}, ${when}`, pick: { start, state: life } });
      }),
  }));
}

function Chart(props: Shown) {
  const { answer, question, zone, height } = props;
  const clock = { interval: question.interval, zone };
  const at = (index: number) => answer.intervals[index] ?? 0;
  const newest = answer.intervals.at(-1);
  return (
    <Bars
      parts={partsOf(props)}
      points={answer.intervals.length}
      height={height}
      short={(index) => shortInterval(at(index), clock)}
      long={(index) => longInterval(at(index), clock)}
      isRunning={newest !== undefined && isRunning(newest, clock, answer.as_of)}
    />
  );
}

function Table(props: Shown) {
  const { answer, question, zone } = props;
  const parts = partsOf(props);
  const clock = { interval: question.interval, zone };
  return (
    <NumberTable
      first="Interval"
      heads={parts.map((part) => <Marked mark={<PartSwatch part={part} />}>{part.name}</Marked>)}
      rows={answer.intervals.map((when, row) => ({
        head: longInterval(when, clock),
        cells: parts.map((part) => (
          <Pickable value={count(answer[part.life][row] ?? 0)} of={part.name}
            pick={part.pick && (() => part.pick?.(row))} />
        )),
      }))}
    />
  );
}
