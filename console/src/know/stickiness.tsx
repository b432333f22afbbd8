// Stickiness: on how many days, weeks or months of the period each person did it.

import type { Interval, StickinessAnswer, Which } from '../api/wire';
import { Choice } from '../parts/field';
import { count, plural, share } from '../parts/format';
import { Bars, PartSwatch, type Part } from './bars';
import { AddButton, EventField, IconButton } from './fields';
import { define, type BuilderProps, type ShownProps } from './kind';
import { Pickable } from './pickable';
import { Where } from './where';
import { Marked, NumberTable } from './number-table';

interface Question {
  series: Which[];
  interval: Interval;
}

export default define<Question, StickinessAnswer>({
  name: 'stickiness',
  title: 'Stickiness',
  lead: 'How often people do it, counted in days, weeks or months.',
  standard: { series: [{ event: null }], interval: 'day' },
  purpose: 'analyse',
  last: '30d',
  complete: (question) => ({
    ...question,
    series: question.series.map((each) => ({ ...each, event: each.event ?? null })),
  }),
  Builder,
  isEmpty: (answer) => answer.series.every((each) => each.people.every((n) => n === 0)),
  Chart,
  Table,
  figure: (answer) => {
    const people = answer.series[0]?.people ?? [];
    const all = people.reduce((sum, each) => sum + each, 0);
    const often = people.slice(1).reduce((sum, each) => sum + each, 0);
    return { value: share(often / Math.max(1, all)), label: 'more than once', values: people };
  },
});

const SERIES_MAX = 3;

function Builder({ question, change, events, purpose }: BuilderProps<Question>) {
  const { series } = question;
  const set = (next: Which[]) => change({ series: next });
  const replace = (at: number, next: Which) =>
    set(series.map((each, index) => (index === at ? next : each)));
  return (
    <div className="fields">
      <ul className="fields-wide flex flex-col gap-2.5">
        {series.map((each, index) => {
          const label = series.length > 1 ? `Event ${index + 1}` : 'Event';
          return (
            <li key={index} className="flex flex-wrap items-center gap-1.5">
              <EventField label={label} hideLabel any="Any event" value={each.event}
                events={events} onChange={(event) => replace(index, { ...each, event })} />
              <Where where={each.where} of={label} purpose={purpose}
                onChange={(where) => replace(index, { ...each, where } as Which)} />
              {series.length > 1 && (
                <IconButton name="close" label={`Remove event ${index + 1}`}
                  onClick={() => set(series.filter((_, at) => at !== index))} />
              )}
            </li>
          );
        })}
      </ul>
      {series.length < SERIES_MAX && (
        <AddButton
          onClick={() => set([...series, { event: events[series.length]?.value ?? null }])}>
          Compare
        </AddButton>
      )}
      <Choice label="Counted in" value={question.interval}
        options={[
          { value: 'day', label: 'Days' },
          { value: 'week', label: 'Weeks' },
          { value: 'month', label: 'Months' },
        ]}
        onChange={(interval) => change({ interval })} />
    </div>
  );
}

type Shown = ShownProps<Question, StickinessAnswer>;
const PATTERNS = ['plain', 'lines', 'dots'] as const;

function partsOf({ answer, question, onPick }: Shown): Part[] {
  return answer.series.map((series, at) => {
    const name = series.event ?? 'Any event';
    return {
      name,
      values: series.people,
      colour: `var(--series-${at})`,
      pattern: PATTERNS[at % PATTERNS.length] ?? 'plain',
      pick:
        onPick &&
        ((point: number) =>
          onPick({
            title: `${name} on exactly ${plural(point + 1, question.interval)}`,
            pick: { series: at, intervals: point + 1 },
          })),
    };
  });
}

function Chart(props: Shown) {
  const { answer, question, height } = props;
  return (
    <Bars
      parts={partsOf(props)}
      points={answer.intervals_total}
      height={height}
      isGrouped
      short={(index) => String(index + 1)}
      long={(index) => `on ${plural(index + 1, question.interval)} of ${answer.intervals_total}`}
    />
  );
}

function Table(props: Shown) {
  const { answer, question } = props;
  const parts = partsOf(props);
  return (
    <NumberTable
      first="On exactly"
      heads={parts.map((part) => <Marked mark={<PartSwatch part={part} />}>{part.name}</Marked>)}
      rows={Array.from({ length: answer.intervals_total }, (_, row) => ({
        head: plural(row + 1, question.interval),
        cells: parts.map((part) => (
          <Pickable value={count(part.values[row] ?? 0)} of={part.name}
            pick={part.pick && (() => part.pick?.(row))} />
        )),
      }))}
    />
  );
}
