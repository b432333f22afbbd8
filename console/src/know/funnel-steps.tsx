// The steps of a funnel, moved without dragging, and what must not happen between them.

import type { Condition } from '../api/wire';
import { Select } from '../parts/field';
import { AddButton, EventField, IconButton } from './fields';
import type { Question } from './funnel';
import type { BuilderProps } from './kind';
import { Where } from './where';

export interface Step {
  event: string | null;
  where?: Condition[];
}

export interface Exclusion extends Step {
  after?: number;
  before?: number;
}

const STEPS_MAX = 8;
const EXCLUSIONS_MAX = 4;

export function FunnelSteps(props: BuilderProps<Question>) {
  const { question, change, events, purpose } = props;
  const { steps } = question;
  const set = (next: Step[]) => change({ steps: next });
  const replace = (at: number, next: Step) =>
    set(steps.map((each, index) => (index === at ? next : each)));
  const move = (from: number, to: number) => {
    const next = [...steps];
    const [moved] = next.splice(from, 1);
    if (moved !== undefined) next.splice(to, 0, moved);
    set(next);
  };
  const isOrdered = question.order !== 'any-order';
  return (
    <fieldset className="min-w-0">
      <legend className="eyebrow mb-1.5">{isOrdered ? 'Steps, in order' : 'Steps'}</legend>
      <ol className="flex flex-col gap-2">
        {steps.map((step, index) => (
          <li key={index} className="flex flex-wrap items-center gap-1.5">
            <span
              aria-hidden="true"
              className="grid size-6 shrink-0 place-items-center rounded-full bg-accent-soft
                text-xs font-semibold text-accent-text"
            >
              {index + 1}
            </span>
            <EventField
              label={`Step ${index + 1}`}
              hideLabel
              value={step.event}
              events={events}
              className="min-w-0 flex-1 sm:max-w-[17rem]"
              onChange={(event) => replace(index, { ...step, event })}
            />
            <IconButton name="up" label={`Move step ${index + 1} up`} disabled={index === 0}
              onClick={() => move(index, index - 1)} />
            <IconButton name="down" label={`Move step ${index + 1} down`}
              disabled={index === steps.length - 1} onClick={() => move(index, index + 1)} />
            <IconButton name="close" label={`Remove step ${index + 1}`}
              disabled={steps.length <= 2}
              onClick={() => set(steps.filter((_, at) => at !== index))} />
            <Where where={step.where} of={`Step ${index + 1}`} purpose={purpose}
              onChange={(where) => replace(index, { ...step, where } as Step)} />
          </li>
        ))}
      </ol>
      <Exclusions {...props} />
      <div className="mt-2.5 flex flex-wrap gap-2">
        {steps.length < STEPS_MAX && events.length > 0 && (
          <AddButton
            onClick={() => {
              const isUsed = (name: string) => steps.some((each) => each.event === name);
              const unused = events.find((each) => !isUsed(each.value)) ?? events[0];
              if (unused) set([...steps, { event: unused.value }]);
            }}
          >
            Add a step
          </AddButton>
        )}
        {(question.exclude?.length ?? 0) < EXCLUSIONS_MAX && events.length > 0 && (
          <AddButton
            onClick={() =>
              change({
                exclude: [...(question.exclude ?? []), { event: events.at(-1)?.value ?? null }],
              })
            }
          >
            Leave out who did
          </AddButton>
        )}
      </div>
    </fieldset>
  );
}

function Exclusions({ question, change, events, purpose }: BuilderProps<Question>) {
  const list = question.exclude ?? [];
  if (list.length === 0) return null;
  const set = (exclude: Exclusion[]) =>
    change({ exclude: exclude.length > 0 ? exclude : undefined } as Partial<Question>);
  const replace = (at: number, next: Exclusion) =>
    set(list.map((each, index) => (index === at ? next : each)));
  const steps = question.steps.map((_, index) => ({
    value: String(index + 1),
    label: `step ${index + 1}`,
  }));
  return (
    <ul className="mt-3 flex flex-col gap-2 border-l-2 border-warn pl-3">
      {list.map((each, index) => (
        <li key={index} className="flex flex-wrap items-center gap-1.5">
          <span className="text-sm text-soft">not</span>
          <EventField label={`Left out ${index + 1}`} hideLabel value={each.event} events={events}
            onChange={(event) => replace(index, { ...each, event })} />
          <span className="text-sm text-soft">between</span>
          <Select
            label={`Left out ${index + 1}: after`}
            hideLabel
            value={String(each.after ?? 1)}
            options={steps.slice(0, -1)}
            onChange={(after) => replace(index, { ...each, after: Number(after) })}
          />
          <span className="text-sm text-soft">and</span>
          <Select
            label={`Left out ${index + 1}: before`}
            hideLabel
            value={String(each.before ?? question.steps.length)}
            options={steps.slice(1)}
            onChange={(before) => replace(index, { ...each, before: Number(before) })}
          />
          <Where where={each.where} of={`Left out ${index + 1}`} purpose={purpose}
            onChange={(where) => replace(index, { ...each, where } as Exclusion)} />
          <IconButton name="close" label={`Remove left out ${index + 1}`}
            onClick={() => set(list.filter((_, at) => at !== index))} />
        </li>
      ))}
    </ul>
  );
}
