// Funnel: who went from step to step within a window of time.

import type { FunnelAnswer, FunnelStep, Interval } from '../api/wire';
import { Choice, Select } from '../parts/field';
import { count, duration, share, wholeShare } from '../parts/format';
import { Icon } from '../parts/icons';
import { INTERVALS, PropertyField } from './fields';
import { FunnelSteps, type Exclusion, type Step } from './funnel-steps';
import { FunnelGroups, FunnelTable } from './funnel-tables';
import { define, type BuilderProps, type ShownProps } from './kind';
import { LineChart } from './line-chart';

export interface Question {
  steps: Step[];
  window: string;
  order?: 'in-order' | 'strict' | 'any-order';
  exclude?: Exclusion[];
  breakdown?: string;
  over?: Interval;
}

const WINDOWS = [
  { value: '1h', label: 'an hour' },
  { value: '1d', label: 'a day' },
  { value: '7d', label: '7 days' },
  { value: '14d', label: '14 days' },
  { value: '30d', label: '30 days' },
  { value: '90d', label: '90 days' },
];
const ORDERS = [
  { value: 'in-order', label: 'In order' },
  { value: 'strict', label: 'Strictly' },
  { value: 'any-order', label: 'In any order' },
] as const;

export default define<Question, FunnelAnswer>({
  name: 'funnel',
  title: 'Funnel',
  lead: 'How many people went all the way, and where they stopped.',
  standard: { steps: [], window: '7d' },
  purpose: 'analyse',
  last: '30d',
  isWhole: ({ steps }) => steps.length >= 2 && steps.every((each) => Boolean(each.event)),
  unasked: {
    title: 'A funnel needs two steps',
    text:
      'Choose the events that people go through, in order. The answer says how many went on ' +
      'from each, and how long it took them.',
  },
  begin: ({ steps }, [a, b]) =>
    steps.length === 0 && a && b
      ? { steps: [{ event: a.value }, { event: b.value }] }
      : undefined,
  Builder,
  Options,
  options: ['over'],
  isEmpty: (answer) => (answer.steps[0]?.people ?? 0) === 0,
  Chart: Bars,
  Table: FunnelTable,
  figure: (answer) => ({
    value: share(answer.steps.at(-1)?.of_first ?? 0),
    label: 'all the way',
    values: answer.over?.map((each) => each.converted / Math.max(1, each.entered)),
  }),
});

function Builder(props: BuilderProps<Question>) {
  const { question, change } = props;
  return (
    <>
      <div className="grid gap-5 lg:grid-cols-[minmax(0,1fr)_auto]">
        <FunnelSteps {...props} />
        <div className="fields content-start lg:max-w-[27rem]">
          <Choice
            label="Steps happen"
            value={question.order ?? 'in-order'}
            options={ORDERS}
            onChange={(order) =>
              change({ order: order === 'in-order' ? undefined : order } as Partial<Question>)
            }
          />
          <Select
            label="Within"
            value={question.window}
            options={WINDOWS}
            onChange={(window) => change({ window })}
          />
          <PropertyField label="Split by" none="Nothing" value={question.breakdown}
            onChange={(breakdown) => change({ breakdown } as Partial<Question>)} />
        </div>
      </div>
    </>
  );
}

function Options({ question, change }: BuilderProps<Question>) {
  return (
    <Select
      label="Over time, per"
      value={question.over ?? ''}
      options={[{ value: '', label: 'Not over time' }, ...INTERVALS]}
      onChange={(over) => change({ over: over || undefined } as Partial<Question>)}
    />
  );
}

type Shown = ShownProps<Question, FunnelAnswer>;

function Bars(props: Shown) {
  const { answer, question } = props;
  const isTile = props.height !== undefined;
  return (
    <>
      <ol className={`flex flex-col px-5 pb-5 ${isTile ? 'pt-3' : 'pt-5'}`}>
        {answer.steps.map((step, index) => (
          <li key={index}>
            {index > 0 && (
              <Between {...props} step={step} index={index} before={answer.steps[index - 1]} />
            )}
            <Bar {...props} step={step} index={index} />
          </li>
        ))}
      </ol>
      {!isTile && <OverTime {...props} />}
      {!isTile && (answer.breakdown?.length ?? 0) > 0 && (
        <div className="border-t border-line pt-4">
          <h3 className="eyebrow px-5">Split by {question.breakdown}</h3>
          <FunnelGroups {...props} />
        </div>
      )}
    </>
  );
}

function OverTime({ answer, question, zone }: Shown) {
  const { over } = answer;
  if (!over || over.length === 0) return null;
  return (
    <div className="border-t border-line pt-4">
      <h3 className="eyebrow px-5">Went all the way, by when they began</h3>
      <LineChart
        lines={[
          {
            name: 'went all the way',
            values: over.map((each) => (each.entered > 0 ? each.converted / each.entered : null)),
            write: share,
          },
        ]}
        intervals={over.map((each) => each.start)}
        clock={{ interval: question.over ?? 'day', zone }}
        asOf={answer.as_of}
        height={200}
        isWhole={false}
        axis={wholeShare}
      />
    </div>
  );
}

type StepProps = Shown & { step: FunnelStep; index: number };

function Bar({ step, index, onPick, height }: StepProps) {
  const name = step.event ?? 'Any event';
  const bar = (
    <span aria-hidden="true"
      className={`block overflow-hidden rounded-md bg-sunken ${height ? 'h-4' : 'h-8'}`}>
      <span
        className="bar block h-full rounded-md bg-accent"
        style={{ width: `${Math.max(0.4, 100 * step.of_first)}%` }}
      />
    </span>
  );
  const pick = () =>
    onPick?.({
      title: `Reached step ${index + 1}, ${name}`,
      pick: { step: index + 1, state: 'reached' },
    });
  return (
    <div>
      <div className="flex items-baseline justify-between gap-4">
        <p className="min-w-0 truncate font-medium">
          <span className="mr-2 text-soft tabular-nums">{index + 1}</span>
          {name}
        </p>
        <p className="shrink-0 tabular-nums">
          <span className="font-semibold">{count(step.people)}</span>
          <span className="ml-3 inline-block w-16 text-right text-soft">
            {share(step.of_first)}
          </span>
        </p>
      </div>
      {onPick ? (
        <button
          type="button"
          className="mt-1.5 block w-full rounded-md hover:opacity-85"
          aria-label={`Who reached step ${index + 1}, ${name}`}
          onClick={pick}
        >
          {bar}
        </button>
      ) : (
        <div className="mt-1">{bar}</div>
      )}
    </div>
  );
}

function Between(props: StepProps & { before: FunnelStep | undefined }) {
  const { step, before, onPick, index, height } = props;
  const lost = Math.max(0, (before?.people ?? step.people) - step.people);
  if (height) return <div className="h-2" />;
  const words = `${count(lost)} stopped here`;
  return (
    <p className="flex flex-wrap items-center gap-x-2 py-2.5 pl-0.5 text-sm text-soft tabular-nums">
      <Icon name="down" size={13} />
      <span className="font-medium text-ink">{share(step.of_previous)} went on</span>
      {step.median_seconds !== null && (
        <span>· median {duration(step.median_seconds)}</span>
      )}
      <span>·</span>
      {onPick && lost > 0 ? (
        <button
          type="button"
          className="pickable"
          onClick={() =>
            onPick({
              title: `Stopped before step ${index + 1}, ${step.event ?? 'any event'}`,
              pick: { step: index + 1, state: 'dropped' },
            })
          }
        >
          {words}
        </button>
      ) : (
        <span>{words}</span>
      )}
    </p>
  );
}
