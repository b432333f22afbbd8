// Cohort: how many people did these things often enough, and did not do those.

import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import * as ask from '../api/ask';
import type { CohortAnswer } from '../api/wire';
import { many } from '../frame/search';
import { Select, Text } from '../parts/field';
import { count } from '../parts/format';
import { Icon } from '../parts/icons';
import { Empty, PageHead } from '../parts/page';
import {
  AnswerFrame,
  PeriodFields,
  PurposeField,
  useAddress,
  useEventOptions,
  type Address,
} from './frame';
import { range } from './period';

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

export default function Cohort() {
  const address = useAddress('/insights/cohort', 'analyse');
  const { options } = useEventOptions(address.purpose);
  const did = many(address.search, 'did').map(readDid);
  const not = many(address.search, 'not');
  const whole = did.length > 0 && did.every((each) => each.event !== '');
  const plan = {
    purpose: address.purpose,
    ...range(address.period, address.zone, Date.now()),
    all: did.map((each) => ({ event: each.event, at_least: each.times })),
    none: not.map((event) => ({ event })),
  };
  const result = useQuery(ask.insight<CohortAnswer>('cohort', plan, whole));
  const [first] = options;
  useEffect(() => {
    if (did.length === 0 && first) address.set({ did: writeDid({ event: first.value, times: 1 }) });
  }, [did.length, first?.value]);
  return (
    <>
      <PageHead title="Cohort" lead="How many people did all of this, and none of that." />
      <div className="card mb-5 p-4">
        <div className="grid gap-6 md:grid-cols-2">
          <DidRules address={address} did={did} />
          <NotRules address={address} not={not} />
        </div>
        <div className="fields mt-5 border-t border-line pt-4">
          <PeriodFields address={address} />
          <PurposeField address={address} />
        </div>
      </div>
      {whole ? (
        <AnswerFrame
          title="Answer"
          result={result}
          address={address}
          single
          isEmpty={() => false}
          empty={null}
          chart={(answer) => (
            <p className="px-5 pt-3 pb-6">
              <span className="text-5xl font-semibold tracking-tight tabular-nums">
                {count(answer.people)}
              </span>
              <span className="ml-2 text-soft">{answer.people === 1 ? 'person' : 'people'}</span>
            </p>
          )}
          table={() => null}
        />
      ) : (
        <section className="card" aria-label="Answer">
          <Empty title="A cohort needs one thing people did">
            Choose an event and how often. The answer is a count of people, never a list of names.
          </Empty>
        </section>
      )}
    </>
  );
}

function DidRules({ address, did }: { address: Address; did: Did[] }) {
  const { options } = useEventOptions(address.purpose);
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

function NotRules({ address, not }: { address: Address; not: string[] }) {
  const { options } = useEventOptions(address.purpose);
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
