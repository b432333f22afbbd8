// Funnel: who went from step to step within a window of time.

import type { FunnelAnswer, FunnelStep } from '../api/wire';
import { many, one } from '../frame/search';
import { Select } from '../parts/field';
import { count, duration, plural, share } from '../parts/format';
import { Icon } from '../parts/icons';
import { readWhere, type Address } from './address';
import { BreakdownField, WhereField } from './fields';
import { insight, type AnswerProps, type BuilderProps } from './insight';

const WINDOWS = [
  { value: '1h', label: 'an hour' },
  { value: '1d', label: 'a day' },
  { value: '7d', label: '7 days' },
  { value: '14d', label: '14 days' },
  { value: '30d', label: '30 days' },
  { value: '90d', label: '90 days' },
];
const STEPS_MAX = 8;

export default insight<FunnelAnswer, Question>({
  kind: 'funnel',
  title: 'Funnel',
  lead: 'How many people went all the way, and where they stopped.',
  standard: { purpose: 'analyse' },
  read,
  plan: ({ steps, window, by, where }) =>
    steps.length >= 2 && steps.every((each) => each !== '')
      ? {
          steps: steps.map((event) => ({ event, ...(where ? { where } : {}) })),
          window,
          ...(by ? { breakdown: by } : {}),
        }
      : undefined,
  unasked: {
    title: 'A funnel needs two steps',
    text:
      'Choose the events that people go through, in order. The answer says how many went on ' +
      'from each, and how long it took them.',
  },
  begin: ({ steps }, [a, b]) =>
    steps.length === 0 && a && b ? { step: [a.value, b.value] } : undefined,
  Builder,
  isEmpty: (answer) => (answer.steps[0]?.people ?? 0) === 0,
  Chart: Bars,
  Table: FunnelTable,
});

type Question = ReturnType<typeof read>;

function read({ search }: Address) {
  return {
    steps: many(search, 'step'),
    window: one(search, 'window') ?? '7d',
    by: one(search, 'by'),
    where: readWhere(search),
  };
}

function Builder(props: BuilderProps<Question>) {
  const { address, question, common } = props;
  return (
    <div className="card mb-5 grid gap-5 p-4 lg:grid-cols-[minmax(0,1fr)_auto]">
      <Steps {...props} />
      <div className="fields content-start lg:max-w-[27rem]">
        <Select
          label="Within"
          value={question.window}
          options={WINDOWS}
          onChange={(value) => address.set({ window: value })}
        />
        <BreakdownField address={address} />
        <WhereField address={address} />
        {common}
      </div>
    </div>
  );
}

function Steps({ address, question: { steps }, options }: BuilderProps<Question>) {
  const set = (next: string[]) => address.set({ step: next });
  const move = (from: number, to: number) => {
    const next = [...steps];
    const [moved] = next.splice(from, 1);
    if (moved !== undefined) next.splice(to, 0, moved);
    set(next);
  };
  return (
    <fieldset className="min-w-0">
      <legend className="eyebrow mb-1.5">Steps, in order</legend>
      <ol className="flex flex-col gap-2">
        {steps.map((step, index) => (
          <li key={index} className="flex items-center gap-1.5">
            <span
              aria-hidden="true"
              className="grid size-6 shrink-0 place-items-center rounded-full bg-accent-soft
                text-xs font-semibold text-accent-text"
            >
              {index + 1}
            </span>
            <Select
              label={`Step ${index + 1}`}
              hideLabel
              value={step}
              options={options}
              className="min-w-0 flex-1 sm:max-w-[20rem]"
              onChange={(value) => set(steps.map((each, at) => (at === index ? value : each)))}
            />
            <StepButton name="up" label={`Move step ${index + 1} up`} disabled={index === 0}
              onClick={() => move(index, index - 1)} />
            <StepButton name="down" label={`Move step ${index + 1} down`}
              disabled={index === steps.length - 1} onClick={() => move(index, index + 1)} />
            <StepButton name="close" label={`Remove step ${index + 1}`}
              disabled={steps.length <= 2}
              onClick={() => set(steps.filter((_, at) => at !== index))} />
          </li>
        ))}
      </ol>
      {steps.length < STEPS_MAX && options.length > 0 && (
        <button
          type="button"
          className="press mt-2.5"
          onClick={() => {
            const unused = options.find((each) => !steps.includes(each.value)) ?? options[0];
            if (unused) set([...steps, unused.value]);
          }}
        >
          <Icon name="plus" size={13} />
          Add a step
        </button>
      )}
    </fieldset>
  );
}

function StepButton(props: {
  name: 'up' | 'down' | 'close';
  label: string;
  disabled: boolean;
  onClick: () => void;
}) {
  return (
    <button
      type="button"
      className="press press-quiet min-h-8 px-2"
      aria-label={props.label}
      disabled={props.disabled}
      onClick={props.onClick}
    >
      <Icon name={props.name} size={13} />
    </button>
  );
}

function Bars({ answer, question: { by } }: AnswerProps<FunnelAnswer, Question>) {
  const groups = answer.breakdown ?? [];
  return (
    <>
      <ol className="flex flex-col px-5 pt-5 pb-5">
        {answer.steps.map((step, index) => (
          <li key={index}>
            {index > 0 && <Between step={step} before={answer.steps[index - 1]} />}
            <Bar step={step} index={index} />
          </li>
        ))}
      </ol>
      {groups.length > 0 && (
        <div className="border-t border-line pt-4">
          <h3 className="eyebrow px-5">Split by {by}</h3>
          <Groups answer={answer} />
        </div>
      )}
    </>
  );
}

function Bar({ step, index }: { step: FunnelStep; index: number }) {
  return (
    <div>
      <div className="flex items-baseline justify-between gap-4">
        <p className="min-w-0 truncate font-medium">
          <span className="mr-2 text-soft tabular-nums">{index + 1}</span>
          {step.event ?? 'Any event'}
        </p>
        <p className="shrink-0 tabular-nums">
          <span className="font-semibold">{count(step.people)}</span>
          <span className="ml-3 inline-block w-16 text-right text-soft">
            {share(step.of_first)}
          </span>
        </p>
      </div>
      <div aria-hidden="true" className="mt-1.5 h-8 overflow-hidden rounded-md bg-sunken">
        <div
          className="bar h-full rounded-md bg-accent"
          style={{ width: `${Math.max(0.4, 100 * step.of_first)}%` }}
        />
      </div>
    </div>
  );
}

function Between({ step, before }: { step: FunnelStep; before: FunnelStep | undefined }) {
  const lost = Math.max(0, (before?.people ?? step.people) - step.people);
  return (
    <p className="flex flex-wrap items-center gap-x-2 py-2.5 pl-0.5 text-sm text-soft tabular-nums">
      <Icon name="down" size={13} />
      <span className="font-medium text-ink">{share(step.of_previous)} went on</span>
      {step.median_seconds !== null && (
        <span>· median {duration(step.median_seconds)}</span>
      )}
      <span>· {count(lost)} stopped here</span>
    </p>
  );
}

function Groups({ answer }: { answer: FunnelAnswer }) {
  return (
    <div className="mt-2 overflow-x-auto pb-3" tabIndex={0} role="region" aria-label="Split">
      <table className="grid-table">
        <thead>
          <tr>
            <th scope="col" className="pl-5">Value</th>
            {answer.steps.map((step, index) => (
              <th key={index} scope="col" className="number">
                {index + 1}. {step.event ?? 'Any event'}
              </th>
            ))}
            <th scope="col" className="pr-5">All the way</th>
          </tr>
        </thead>
        <tbody>
          {(answer.breakdown ?? []).map((group) => {
            const end = group.steps.at(-1);
            return (
              <tr key={String(group.value)}>
                <th scope="row" className="pl-5">{group.value || '(none)'}</th>
                {group.steps.map((step, index) => (
                  <td key={index} className="number">{count(step.people)}</td>
                ))}
                <td className="pr-5">
                  <span className="flex items-center gap-2">
                    <span aria-hidden="true" className="h-2 w-20 overflow-hidden rounded-full
                      bg-sunken">
                      <span
                        className="bar block h-full bg-accent"
                        style={{ width: `${100 * (end?.of_first ?? 0)}%` }}
                      />
                    </span>
                    {share(end?.of_first ?? 0)}
                  </span>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function FunnelTable({ answer }: { answer: FunnelAnswer }) {
  const groups = [{ value: 'Everyone', steps: answer.steps }, ...(answer.breakdown ?? [])];
  return (
    <div className="mt-4 overflow-x-auto" tabIndex={0} role="region"
      aria-label="The same numbers as a table">
      <table className="grid-table">
        <thead>
          <tr>
            <th scope="col" className="pl-5">Step</th>
            {groups.length > 1 && <th scope="col">Value</th>}
            <th scope="col" className="number">People</th>
            <th scope="col" className="number">Of first</th>
            <th scope="col" className="number">Of previous</th>
            <th scope="col" className="number pr-5">Median time</th>
          </tr>
        </thead>
        <tbody>
          {groups.flatMap((group) =>
            group.steps.map((step, index) => (
              <tr key={`${group.value} ${index}`}>
                <th scope="row" className="pl-5 font-normal">
                  {index + 1}. {step.event ?? 'Any event'}
                </th>
                {groups.length > 1 && <td>{group.value || '(none)'}</td>}
                <td className="number" aria-label={plural(step.people, 'person', 'people')}>
                  {count(step.people)}
                </td>
                <td className="number">{share(step.of_first)}</td>
                <td className="number">{share(step.of_previous)}</td>
                <td className="number pr-5">
                  {step.median_seconds === null ? '–' : duration(step.median_seconds)}
                </td>
              </tr>
            )),
          )}
        </tbody>
      </table>
    </div>
  );
}
