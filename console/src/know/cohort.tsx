// Cohort: how many people did these things often enough, and did not do those.

import type { CohortAnswer } from '../api/wire';
import { many } from '../frame/search';
import { Select, Text } from '../parts/field';
import { count } from '../parts/format';
import { Icon } from '../parts/icons';
import type { Address } from './address';
import { insight, type AnswerProps, type BuilderProps } from './insight';

interface Did {
  event: string;
  times: number;
}

const RULES_MAX = 6;

// In the address a rule is `3~Order Completed`: at least three times.
function readDid(text: string): Did {
  const found = /^(\d+)~(.*)$/.exec(text);
  if (!found) return { event: text, times: 1 };
  return { times: Math.max(1, Number(found[1])), event: found[2] ?? '' };
}
const writeDid = (did: Did) => `${did.times}~${did.event}`;

export default insight<CohortAnswer, Question>({
  kind: 'cohort',
  title: 'Cohort',
  lead: 'How many people did all of this, and none of that.',
  standard: { purpose: 'analyse' },
  read,
  plan: ({ did, not }) =>
    did.length > 0 && did.every((each) => each.event !== '')
      ? {
          all: did.map((each) => ({ event: each.event, at_least: each.times })),
          none: not.map((event) => ({ event })),
        }
      : undefined,
  unasked: {
    title: 'A cohort needs one thing people did',
    text:
      'Choose an event and how often. The answer is a count of people, never a list of names.',
  },
  begin: ({ did }, [first]) =>
    did.length === 0 && first ? { did: writeDid({ event: first.value, times: 1 }) } : undefined,
  Builder,
  Chart: Size,
});

type Question = ReturnType<typeof read>;

function read({ search }: Address) {
  return { did: many(search, 'did').map(readDid), not: many(search, 'not') };
}

function Builder(props: BuilderProps<Question>) {
  return (
    <div className="card mb-5 p-4">
      <div className="grid gap-6 md:grid-cols-2">
        <DidRules {...props} />
        <NotRules {...props} />
      </div>
      <div className="fields mt-5 border-t border-line pt-4">{props.common}</div>
    </div>
  );
}

function Size({ answer }: AnswerProps<CohortAnswer, Question>) {
  return (
    <p className="px-5 pt-3 pb-6">
      <span className="text-5xl font-semibold tracking-tight tabular-nums">
        {count(answer.people)}
      </span>
      <span className="ml-2 text-soft">{answer.people === 1 ? 'person' : 'people'}</span>
    </p>
  );
}

function DidRules({ address, question: { did }, options }: BuilderProps<Question>) {
  const set = (next: Did[]) => address.set({ did: next.map(writeDid) });
  const change = (at: number, part: Partial<Did>) =>
    set(did.map((each, index) => (index === at ? { ...each, ...part } : each)));
  return (
    <fieldset className="min-w-0">
      <legend className="eyebrow mb-1.5">Did all of</legend>
      <ul className="flex flex-col gap-2">
        {did.map((rule, index) => (
          <li key={index} className="flex flex-wrap items-center gap-2">
            <Select
              label={`Event ${index + 1}`}
              hideLabel
              value={rule.event}
              options={options}
              className="max-w-[15rem]"
              onChange={(event) => change(index, { event })}
            />
            <span className="text-sm text-soft">at least</span>
            <Text
              label={`Times for event ${index + 1}`}
              hideLabel
              type="number"
              min={1}
              className="w-20"
              value={String(rule.times)}
              onChange={(text) => change(index, { times: Math.max(1, Number(text) || 1) })}
            />
            <span className="text-sm text-soft">{rule.times === 1 ? 'time' : 'times'}</span>
            {did.length > 1 && (
              <Remove label={`Remove event ${index + 1}`}
                onClick={() => set(did.filter((_, at) => at !== index))} />
            )}
          </li>
        ))}
      </ul>
      {did.length < RULES_MAX && options[0] && (
        <Add onClick={() => set([...did, { event: options[0]?.value ?? '', times: 1 }])}>
          And did
        </Add>
      )}
    </fieldset>
  );
}

function NotRules({ address, question: { not }, options }: BuilderProps<Question>) {
  const set = (next: string[]) => address.set({ not: next });
  return (
    <fieldset className="min-w-0">
      <legend className="eyebrow mb-1.5">Did none of</legend>
      {not.length === 0 && <p className="text-sm text-soft">Nothing is left out.</p>}
      <ul className="flex flex-col gap-2">
        {not.map((event, index) => (
          <li key={index} className="flex items-center gap-2">
            <Select
              label={`Left out ${index + 1}`}
              hideLabel
              value={event}
              options={options}
              className="max-w-[15rem]"
              onChange={(value) => set(not.map((each, at) => (at === index ? value : each)))}
            />
            <Remove label={`Remove left out ${index + 1}`}
              onClick={() => set(not.filter((_, at) => at !== index))} />
          </li>
        ))}
      </ul>
      {not.length < RULES_MAX && options.length > 0 && (
        <Add onClick={() => set([...not, options.at(-1)?.value ?? ''])}>Leave out who did</Add>
      )}
    </fieldset>
  );
}

function Add({ onClick, children }: { onClick: () => void; children: string }) {
  return (
    <button type="button" className="press mt-2.5" onClick={onClick}>
      <Icon name="plus" size={13} />
      {children}
    </button>
  );
}

function Remove({ label, onClick }: { label: string; onClick: () => void }) {
  return (
    <button type="button" className="press press-quiet min-h-8 px-2" aria-label={label}
      onClick={onClick}>
      <Icon name="close" size={13} />
    </button>
  );
}
