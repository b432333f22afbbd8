// Sessions: visits over time, how long they were, how they began and ended.

import { useState } from 'react';
import type { Interval, Scope, SessionsAnswer } from '../api/wire';
import { Choice, Select } from '../parts/field';
import { capital, count, duration, exact, share } from '../parts/format';
import { INTERVALS, PropertyField } from './fields';
import { define, type BuilderProps, type ShownProps } from './kind';
import { LineChart } from './line-chart';
import { counted } from './measure';
import { longInterval } from './scale';
import { NumberTable } from './number-table';

interface Question {
  interval: Interval;
  by?: 'derived' | 'client';
  gap?: string;
  page?: string;
  limit?: number;
}

export default define<Question, SessionsAnswer>({
  name: 'sessions',
  title: 'Sessions',
  lead: 'Visits: how many, how long, how they begin and end.',
  standard: { interval: 'day' },
  purpose: 'analyse',
  last: '30d',
  Builder,
  Options,
  options: ['by', 'gap'],
  isEmpty: (answer) => answer.totals.sessions === 0,
  Chart,
  Table,
  figure: (answer) => ({
    value: count(answer.totals.sessions),
    label: 'sessions',
    values: answer.sessions,
  }),
});

const GAPS = [
  { value: '10m', label: '10 minutes' },
  { value: '30m', label: '30 minutes' },
  { value: '1h', label: 'an hour' },
  { value: '4h', label: '4 hours' },
];

function Builder({ question, change }: BuilderProps<Question>) {
  return (
    <>
      <div className="fields">
        <Choice label="Per" value={question.interval} options={INTERVALS}
          onChange={(interval) => change({ interval })} />
        <PropertyField label="A page is" none="As the protocol says" value={question.page}
          onChange={(page) => change({ page } as Partial<Question>)} />
      </div>
    </>
  );
}

function Options({ question, change }: BuilderProps<Question>) {
  return (
    <>
      <Select
        label="A session is"
        value={question.by ?? 'derived'}
        options={[
          { value: 'derived', label: 'found by silence' },
          { value: 'client', label: 'as the client numbered it' },
        ]}
        onChange={(by) =>
          change({ by: by === 'derived' ? undefined : by } as Partial<Question>)
        }
      />
      {question.by !== 'client' && (
        <Select label="It ends after silence of" value={question.gap ?? '30m'} options={GAPS}
          onChange={(gap) =>
            change({ gap: gap === '30m' ? undefined : gap } as Partial<Question>)} />
      )}
    </>
  );
}

type Shown = ShownProps<Question, SessionsAnswer>;
const time = (seconds: number | null) => (seconds === null ? '–' : duration(seconds));

type LineName = 'sessions' | 'people' | 'bounces' | 'median_seconds';
const linesOf = (question: Scope): { value: LineName; label: string }[] => [
  { value: 'sessions', label: 'Sessions' },
  { value: 'people', label: capital(counted(question)) },
  { value: 'bounces', label: 'Bounces' },
  { value: 'median_seconds', label: 'Length' },
];

function Chart(props: Shown) {
  const { answer, question, zone, height } = props;
  const [line, setLine] = useState<LineName>('sessions');
  const isTime = line === 'median_seconds';
  const lines = linesOf(question);
  const label = lines.find((each) => each.value === line)?.label ?? line;
  return (
    <>
      {height === undefined && (
        <>
          <Totals answer={answer} question={question} />
          <div className="px-5 pt-4" data-aside>
            <Choice label="Line" hideLabel value={line} options={lines} onChange={setLine} />
          </div>
        </>
      )}
      <LineChart
        lines={[{ name: label, values: answer[line], ...(isTime ? { write: duration } : {}) }]}
        intervals={answer.intervals}
        clock={{ interval: question.interval, zone }}
        asOf={answer.as_of}
        height={height}
        isWhole={!isTime}
        {...(isTime ? { axis: duration } : {})}
      />
      {height === undefined && <Ends answer={answer} />}
    </>
  );
}

function Totals({ answer: { totals }, question }: Pick<Shown, 'answer' | 'question'>) {
  const figures: [string, string][] = [
    ['Sessions', count(totals.sessions)],
    [capital(counted(question)), count(totals.people)],
    ['Bounced', totals.bounce_share === null ? '–' : share(totals.bounce_share)],
    ['Median length', time(totals.median_seconds)],
    ['Average length', time(totals.average_seconds)],
    ['Events a session', totals.events_per_session === null ? '–'
      : exact(totals.events_per_session)],
  ];
  return (
    <dl className="mt-4 grid grid-cols-2 border-y border-line sm:grid-cols-3 lg:grid-cols-6">
      {figures.map(([name, value]) => (
        <div key={name} className="px-5 py-3">
          <dt className="eyebrow">{name}</dt>
          <dd className="text-xl font-semibold tracking-tight tabular-nums">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Ends({ answer }: { answer: SessionsAnswer }) {
  const most = Math.max(1, ...answer.entry.map((each) => each.sessions),
    ...answer.exit.map((each) => each.sessions));
  return (
    <div className="grid border-t border-line md:grid-cols-2 md:divide-x md:divide-line">
      <Pages title="Began on" most={most}
        pages={answer.entry.map((each) => ({
          page: each.page,
          sessions: each.sessions,
          aside: `${share(each.bounces / Math.max(1, each.sessions))} bounced`,
        }))} />
      <Pages title="Ended on" most={most}
        pages={answer.exit.map((each) => ({ ...each, aside: '' }))} />
    </div>
  );
}

function Pages(props: {
  title: string;
  most: number;
  pages: { page: string | null; sessions: number; aside: string }[];
}) {
  return (
    <section aria-label={props.title} className="min-w-0 px-5 py-4">
      <h3 className="eyebrow mb-2">{props.title}</h3>
      {props.pages.length === 0 && <p className="text-sm text-soft">No page is known.</p>}
      <ol className="flex flex-col gap-1">
        {props.pages.map((each) => (
          <li key={String(each.page)} className="relative flex min-h-8 items-center gap-3 px-2
            text-sm">
            <span
              aria-hidden="true"
              className="bar absolute inset-y-0 left-0 rounded bg-accent-soft"
              style={{ width: `${(100 * each.sessions) / props.most}%` }}
            />
            <span className="relative min-w-0 flex-1 truncate">{each.page || '(none)'}</span>
            {each.aside && <span className="relative text-soft">{each.aside}</span>}
            <span className="relative font-semibold tabular-nums">{count(each.sessions)}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}

function Table({ answer, question, zone }: Shown) {
  const clock = { interval: question.interval, zone };
  return (
    <NumberTable
      first="Interval"
      heads={['Sessions', capital(counted(question)), 'Bounces', 'Median length']}
      rows={answer.intervals.map((when, row) => ({
        head: longInterval(when, clock),
        cells: [
          count(answer.sessions[row] ?? 0),
          count(answer.people[row] ?? 0),
          count(answer.bounces[row] ?? 0),
          time(answer.median_seconds[row] ?? null),
        ],
      }))}
    />
  );
}
