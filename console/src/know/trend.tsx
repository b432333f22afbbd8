// Trend: how much happened in each interval, by any measure, beside an earlier period, or as a
// formula.

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import * as ask from '../api/ask';
import type { Instant, Interval, Scope, TrendAnswer, TrendSeries } from '../api/wire';
import { Choice, Select, Text } from '../parts/field';
import { compact, date, exact } from '../parts/format';
import { INTERVALS, PropertyField } from './fields';
import { define, type BuilderProps, type ShownProps } from './kind';
import { LineChart, LINES_MAX, Swatch, type Line } from './line-chart';
import { isWholeCount, needsProperty, seriesWords, type Series } from './measure';
import { Pickable } from './pickable';
import { longInterval } from './scale';
import { SeriesFields } from './series';
import { Marked, NumberTable } from './number-table';

interface Question {
  interval: Interval;
  series: Series[];
  breakdown?: string;
  limit?: number;
  formula?: string;
  compare?: string;
  smooth?: number;
}

export default define<Question, TrendAnswer>({
  name: 'trend',
  title: 'Trend',
  lead: 'How much happened, and when.',
  standard: { interval: 'day', series: [{ event: null, count: 'events' }] },
  purpose: 'measure',
  last: '30d',
  complete: (question) => ({
    ...question,
    series: question.series.map((each) => ({
      ...each,
      event: each.event ?? null,
      count: each.count ?? 'events',
    })),
    ...(question.breakdown ? { limit: question.limit ?? LINES_MAX } : {}),
  }),
  isWhole: ({ series }) =>
    series.every((each) => !needsProperty(each.count) || Boolean(each.of)),
  unasked: {
    title: 'Which property?',
    text: 'A sum, an average or a percentile is of a property: choose it beside the measure.',
  },
  Builder,
  Options,
  options: ['smooth', 'formula'],
  isEmpty: (answer) => answer.series.every((each) => !each.total),
  Chart,
  Table,
  figure: (answer) => {
    const first = answer.formula?.[0] ?? answer.series[0];
    if (!first) return undefined;
    return { value: compact(first.total ?? 0), label: 'in the period', values: first.values };
  },
});

const COMPARES = [
  { value: '', label: 'Nothing' },
  { value: 'previous', label: 'The period before' },
  { value: '-1w', label: 'A week earlier' },
  { value: '-1m', label: 'A month earlier' },
  { value: '-1y', label: 'A year earlier' },
];
const SMOOTHS = [
  { value: '', label: 'As it is' },
  { value: '3', label: 'Average of 3' },
  { value: '7', label: 'Average of 7' },
  { value: '28', label: 'Average of 28' },
];

function Builder({ question, change, events, purpose }: BuilderProps<Question>) {
  return (
    <>
      <SeriesFields series={question.series} events={events} purpose={purpose}
        onChange={(series) => change({ series })} />
      <div className="fields mt-4">
        <Choice
          label="Per"
          value={question.interval}
          options={INTERVALS}
          onChange={(interval) => change({ interval })}
        />
        <PropertyField label="Split by" none="Nothing" value={question.breakdown}
          onChange={(breakdown) => change({ breakdown, limit: undefined } as Partial<Question>)} />
        <Select label="Beside" value={question.compare ?? ''} options={COMPARES}
          onChange={(compare) => change({ compare: compare || undefined } as Partial<Question>)} />
      </div>
    </>
  );
}

function Options({ question, change }: BuilderProps<Question>) {
  return (
    <>
      <Select
        label="Line"
        value={String(question.smooth ?? '')}
        options={SMOOTHS}
        onChange={(smooth) =>
          change({ smooth: smooth === '' ? undefined : Number(smooth) } as Partial<Question>)
        }
      />
      <Formula key={question.formula ?? ''} question={question} change={change} />
    </>
  );
}

/** Taken over on leaving the field: half a formula is not asked. */
function Formula(props: Pick<BuilderProps<Question>, 'question' | 'change'>) {
  const [typed, setTyped] = useState(props.question.formula ?? '');
  const take = () => {
    if (typed.trim() === (props.question.formula ?? '')) return;
    props.change({ formula: typed.trim() || undefined } as Partial<Question>);
  };
  return (
    <form
      onBlur={take}
      onSubmit={(event) => {
        event.preventDefault();
        take();
      }}
    >
      <Text label="Formula" value={typed} placeholder="B / A * 100" onChange={setTyped} />
    </form>
  );
}

function linesOf({ answer, question, onPick }: ShownProps<Question, TrendAnswer>): Line[] {
  if (answer.formula && answer.formula.length > 0) {
    return answer.formula.map((each) => ({
      name: each.breakdown ?? question.formula ?? 'Formula',
      values: each.values,
      smooth: each.smooth ?? undefined,
      earlier: each.earlier?.values,
    }));
  }
  return answer.series.map((series) => ({
    name: nameOf(series, question),
    values: series.values,
    smooth: series.smooth ?? undefined,
    earlier: series.earlier?.values,
    pick:
      onPick &&
      ((point: number) =>
        onPick({
          title: nameOf(series, question),
          pick: {
            series: Math.max(0, askedFor(series, question)),
            start: answer.intervals[point] ?? null,
            breakdown: series.breakdown,
          },
        })),
  }));
}

const askedFor = (series: TrendSeries, question: Question) =>
  question.series.findIndex(
    (each) =>
      each.event === series.event &&
      each.count === series.count &&
      (each.of ?? null) === (series.of ?? null) &&
      (each.at ?? null) === (series.at ?? null),
  );

function nameOf(series: TrendSeries, question: Question & Scope): string {
  const { breakdown, series: all } = question;
  const words = seriesWords(series, question);
  if (!breakdown) return words;
  const value = series.breakdown || '(none)';
  return all.length > 1 ? `${words}: ${value}` : value;
}

function Chart(props: ShownProps<Question, TrendAnswer>) {
  const { answer, question, zone, height } = props;
  const first = answer.intervals[0];
  const iso = (when: Instant | undefined) =>
    when === undefined ? '' : date(when).toISOString();
  const notes = useQuery({
    ...ask.annotations(iso(first), iso(answer.as_of)),
    enabled: first !== undefined,
  });
  const isFormula = (answer.formula?.length ?? 0) > 0;
  return (
    <LineChart
      lines={linesOf(props)}
      intervals={answer.intervals}
      clock={{ interval: question.interval, zone }}
      asOf={answer.as_of}
      height={height}
      isWhole={!isFormula && answer.series.every((each) => isWholeCount(each.count))}
      notes={notes.data ?? []}
    />
  );
}

function Table(props: ShownProps<Question, TrendAnswer>) {
  const { answer, question, zone, onPick } = props;
  const clock = { interval: question.interval, zone };
  const lines = linesOf(props);
  const shown = answer.formula?.length ? answer.formula : answer.series;
  const say = (value: number | null | undefined) =>
    value === null || value === undefined ? '–' : exact(value);
  const total = { head: 'Total', cells: shown.map((each) => say(each.total)), isTotal: true };
  return (
    <NumberTable
      first="Interval"
      heads={lines.map((line, index) => (
        <>
          <Marked mark={<Swatch index={index} />}>{line.name}</Marked>
          {line.earlier && <span className="block font-normal">and before</span>}
        </>
      ))}
      rows={[
        total,
        ...answer.intervals.map((when, row) => ({
          head: longInterval(when, clock),
          cells: lines.map((line) => (
            <>
              <Pickable value={say(line.values[row])} of={line.name}
                pick={onPick && line.pick ? () => line.pick?.(row) : undefined} />
              {line.earlier && (
                <span className="ml-2 text-soft">{say(line.earlier[row])}</span>
              )}
            </>
          )),
        })),
      ]}
    />
  );
}
