// Cohort: how many people did these things often enough, and did not do those. It can be saved, and
// then narrows every other question.

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { post } from '../api/request';
import type { CohortAnswer, Condition } from '../api/wire';
import { Select, Text } from '../parts/field';
import { count } from '../parts/format';
import { Failure } from '../parts/page';
import { AddButton, EventField, IconButton } from './fields';
import { define, type BuilderProps, type ShownProps } from './kind';
import { counted } from './measure';
import { Where } from './where';

interface Did {
  event: string;
  at_least?: number;
  at_most?: number;
  where?: Condition[];
}

export interface CohortQuestion {
  all: Did[];
  none?: { event: string; where?: Condition[] }[];
}

const RULES_MAX = 6;

export default define<CohortQuestion, CohortAnswer>({
  name: 'cohort',
  title: 'Cohort',
  lead: 'How many people did all of this, and none of that.',
  standard: { all: [] },
  purpose: 'analyse',
  last: '30d',
  complete: (question) => ({
    ...question,
    none: question.none ?? [],
    all: question.all.map((each) =>
      each.at_least === undefined && each.at_most === undefined ? { ...each, at_least: 1 } : each,
    ),
  }),
  isWhole: ({ all }) => all.length > 0 && all.every((each) => Boolean(each.event)),
  unasked: {
    title: 'A cohort needs one thing people did',
    text: 'Choose an event and how often. Saved, it narrows any other question to these people.',
  },
  begin: ({ all }, [first]) =>
    all.length === 0 && first ? { all: [{ event: first.value, at_least: 1 }] } : undefined,
  Builder,
  Chart: Size,
  figure: (answer, question) => ({ value: count(answer.people), label: counted(question) }),
});

function Builder(props: BuilderProps<CohortQuestion>) {
  return (
    <div className="grid gap-6 md:grid-cols-2">
      <DidRules {...props} />
      <NotRules {...props} />
    </div>
  );
}

function Size({ answer, question, onPick }: ShownProps<CohortQuestion, CohortAnswer>) {
  return (
    <>
      <p className="px-5 pt-3 pb-4">
        <span className="text-5xl font-semibold tracking-tight tabular-nums">
          {count(answer.people)}
        </span>
        <span className="ml-2 text-soft">{counted(question, answer.people !== 1)}</span>
      </p>
      {onPick && (
        <div className="flex flex-wrap gap-2 px-5 pb-6" data-aside>
          <button type="button" className="press"
            onClick={() => onPick({ title: 'The people of this cohort', pick: { all: true } })}>
            See who
          </button>
          <SaveCohort question={question} answer={answer} />
        </div>
      )}
    </>
  );
}

function SaveCohort({ question, answer }: { question: CohortQuestion; answer: CohortAnswer }) {
  const client = useQueryClient();
  const [name, setName] = useState<string>();
  const save = useMutation({
    mutationFn: () =>
      post('api/cohorts', {
        name: name?.trim(),
        rule: {
          kind: 'question',
          question: { purpose: answer.purpose, from: '-29d', to: 'now', ...question },
        },
      }),
    onSuccess: async () => {
      setName(undefined);
      await client.invalidateQueries({ queryKey: ['cohorts'] });
    },
  });
  if (name === undefined) {
    return (
      <>
        <button type="button" className="press" onClick={() => setName('')}>
          Save as a cohort
        </button>
        {save.isSuccess && (
          <p role="status" className="self-center text-sm text-soft">
            Saved. Any question can now be narrowed to it, under “More to ask”.
          </p>
        )}
      </>
    );
  }
  return (
    <form
      className="flex flex-wrap items-end gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        if (name.trim() !== '') save.mutate();
      }}
    >
      <Text label="Name of the cohort" hideLabel placeholder="Its name" value={name}
        onChange={setName} required />
      <button type="submit" className="press press-first" disabled={save.isPending}>Save</button>
      {save.error && <Failure error={save.error} />}
    </form>
  );
}

function DidRules({ question, change, events, purpose }: BuilderProps<CohortQuestion>) {
  const { all } = question;
  const set = (next: Did[]) => change({ all: next });
  const replace = (at: number, next: Did) =>
    set(all.map((each, index) => (index === at ? next : each)));
  const times = (did: Did, isLeast: boolean, often: number): Did => {
    const { at_least: _least, at_most: _most, ...rest } = did;
    return isLeast ? { ...rest, at_least: Math.max(1, often) } : { ...rest, at_most: often };
  };
  return (
    <fieldset className="min-w-0">
      <legend className="eyebrow mb-1.5">Did all of</legend>
      <ul className="mb-2.5 flex flex-col gap-2">
        {all.map((rule, index) => {
          const isLeast = rule.at_most === undefined;
          const often = rule.at_least ?? rule.at_most ?? 1;
          return (
            <li key={index} className="flex flex-wrap items-center gap-1.5">
              <EventField label={`Event ${index + 1}`} hideLabel value={rule.event} events={events}
                onChange={(event) => replace(index, { ...rule, event: event ?? '' })} />
              <Select
                label={`Event ${index + 1}: at least or at most`}
                hideLabel
                value={isLeast ? 'least' : 'most'}
                options={[
                  { value: 'least', label: 'at least' },
                  { value: 'most', label: 'at most' },
                ]}
                onChange={(which) => replace(index, times(rule, which === 'least', often))}
              />
              <Text
                label={`Times for event ${index + 1}`}
                hideLabel
                type="number"
                min={isLeast ? 1 : 0}
                className="w-20"
                value={String(often)}
                onChange={(text) => replace(index, times(rule, isLeast, Number(text) || 0))}
              />
              <span className="text-sm text-soft">{often === 1 ? 'time' : 'times'}</span>
              {all.length > 1 && (
                <IconButton name="close" label={`Remove event ${index + 1}`}
                  onClick={() => set(all.filter((_, at) => at !== index))} />
              )}
              <Where where={rule.where} of={`Event ${index + 1}`} purpose={purpose}
                onChange={(where) => replace(index, { ...rule, where } as Did)} />
            </li>
          );
        })}
      </ul>
      {all.length < RULES_MAX && events[0] && (
        <AddButton onClick={() => set([...all, { event: events[0]?.value ?? '', at_least: 1 }])}>
          And did
        </AddButton>
      )}
    </fieldset>
  );
}

function NotRules({ question, change, events, purpose }: BuilderProps<CohortQuestion>) {
  const none = question.none ?? [];
  const set = (next: typeof none) => change({ none: next });
  const replace = (at: number, next: (typeof none)[number]) =>
    set(none.map((each, index) => (index === at ? next : each)));
  return (
    <fieldset className="min-w-0">
      <legend className="eyebrow mb-1.5">Did none of</legend>
      {none.length === 0 && <p className="text-sm text-soft">Nothing is left out.</p>}
      <ul className="mb-2.5 flex flex-col gap-2">
        {none.map((rule, index) => (
          <li key={index} className="flex flex-wrap items-center gap-1.5">
            <EventField label={`Left out ${index + 1}`} hideLabel value={rule.event}
              events={events}
              onChange={(event) => replace(index, { ...rule, event: event ?? '' })} />
            <IconButton name="close" label={`Remove left out ${index + 1}`}
              onClick={() => set(none.filter((_, at) => at !== index))} />
            <Where where={rule.where} of={`Left out ${index + 1}`} purpose={purpose}
              onChange={(where) => replace(index, { ...rule, where } as (typeof none)[number])} />
          </li>
        ))}
      </ul>
      {none.length < RULES_MAX && events.length > 0 && (
        <AddButton onClick={() => set([...none, { event: events.at(-1)?.value ?? '' }])}>
          Leave out who did
        </AddButton>
      )}
    </fieldset>
  );
}
