// Somebody comes to a source: what would be open, and which rule decides. It is judged by the same
// plans as events are.

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import * as ask from '../api/ask';
import type { Policy, PurposeStanding, Visitor } from '../api/policy';
import { Choice, Select } from '../parts/field';
import { Icon } from '../parts/icons';
import { Empty, Failure, Section, Waiting } from '../parts/page';

const AGES = [
  { value: 'unknown', label: 'not known' },
  { value: 'under13', label: 'below 13' },
  { value: 'thirteen', label: '13' },
  { value: 'fourteen', label: '14' },
  { value: 'fifteen', label: '15' },
  { value: 'sixteen-to-seventeen', label: '16 or 17' },
  { value: 'adult', label: '18 or more' },
];

const SAYS = [
  { value: 'nothing', label: 'nothing' },
  { value: 'yes', label: 'yes to all' },
  { value: 'no', label: 'no to all' },
] as const;

type Says = (typeof SAYS)[number]['value'];

const SIGNALS = [
  { value: 'off', label: 'off' },
  { value: 'on', label: 'on' },
] as const;

type Signal = (typeof SIGNALS)[number]['value'];

export function VisitorPanel() {
  const policies = useQuery(ask.policies());
  const [chosen, setChosen] = useState('');
  const [age, setAge] = useState('unknown');
  const [says, setSays] = useState<Says>('nothing');
  const [signal, setSignal] = useState<Signal>('off');
  const source = chosen || policies.data?.[0]?.source || '';
  const all = policies.data?.[0]?.purposes.map((each) => each.name) ?? [];
  return (
    <Section
      title="Who may be asked what"
      lead="Somebody comes to a source. Until they say something, this is what silence permits there."
    >
      {policies.isPending && <Waiting label="Reading the law" />}
      {policies.error && <Failure error={policies.error} retry={() => void policies.refetch()} />}
      {policies.data?.length === 0 && (
        <Empty title="No source yet">Declare one under [sources.name], with its markets.</Empty>
      )}
      {source !== '' && (
        <>
          <div className="flex flex-wrap items-end gap-4 px-5 pb-4">
            <Select
              label="Source"
              value={source}
              options={policies.data?.map((each) => ({
                value: each.source,
                label: each.source,
              })) ?? []}
              onChange={setChosen}
            />
            <Select label="Age" value={age} options={AGES} onChange={setAge} />
            <Choice label="They say" value={says} options={SAYS} onChange={setSays} />
            <Choice
              label="Global Privacy Control"
              value={signal}
              options={SIGNALS}
              onChange={setSignal}
            />
          </div>
          <Standing
            visitor={{
              source,
              age,
              yes: says === 'yes' ? all : [],
              no: says === 'no' ? all : [],
              global_privacy_control: signal === 'on',
            }}
          />
        </>
      )}
    </Section>
  );
}

function Standing({ visitor }: { visitor: Visitor }) {
  const policy = useQuery(ask.policyFor(visitor));
  if (policy.isPending) return <Waiting label="Weighing the rules" />;
  if (policy.error) return <Failure error={policy.error} retry={() => void policy.refetch()} />;
  return (
    <>
      <Summary policy={policy.data} />
      <div className="overflow-x-auto" tabIndex={0} role="region" aria-label="Purposes of a source">
        <table className="grid-table">
          <thead>
            <tr>
              <th scope="col" className="pl-5">Purpose</th>
              <th scope="col">Now</th>
              <th scope="col">Rests on</th>
              <th scope="col">Why</th>
            </tr>
          </thead>
          <tbody>
            {policy.data.purposes.map((each) => (
              <Row key={each.name} purpose={each} />
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function Summary({ policy }: { policy: Policy }) {
  const open = policy.purposes.filter((each) => each.open).length;
  const shown = policy.regimes.slice(0, 6).join(', ');
  const more = policy.regimes.length - 6;
  return (
    <p role="status" className="px-5 pb-3 text-sm">
      {policy.refused ? (
        <>
          Nothing is kept: an event is refused with{' '}
          <code className="font-mono text-xs">{policy.refused}</code>.
        </>
      ) : (
        <>
          {open} of {policy.purposes.length} purposes are open.
        </>
      )}{' '}
      <span className="text-soft">
        Law of {shown}
        {more > 0 ? ` and ${more} more` : ''}
      </span>
    </p>
  );
}

function Row({ purpose }: { purpose: PurposeStanding }) {
  const lost = purpose.declared && purpose.declared !== purpose.basis;
  return (
    <tr>
      <th scope="row" className="pl-5 align-top font-normal">
        {purpose.title}
        <code className="block font-mono text-xs text-soft">{purpose.name}</code>
      </th>
      <td className="align-top whitespace-nowrap">
        <span className={`chip ${purpose.open ? 'bg-accent-soft text-accent-text' : ''}`}>
          <Icon name={purpose.open ? 'check' : 'minus'} size={11} />
          {purpose.open ? 'open' : 'closed'}
        </span>
      </td>
      <td className="align-top whitespace-nowrap">
        {purpose.basis ?? '–'}
        {lost && <span className="block text-xs text-soft">declared: {purpose.declared}</span>}
      </td>
      <td className="min-w-72 align-top text-sm">
        {purpose.words}
        {purpose.rules.length > 0 && (
          <details className="mt-1">
            <summary className="cursor-pointer text-soft">
              {purpose.rules.length === 1 ? '1 rule' : `${purpose.rules.length} rules`} decided
            </summary>
            <ul className="mt-1 space-y-1.5">
              {purpose.rules.map((rule) => (
                <li key={rule.id}>
                  {rule.words}
                  <span className="block text-xs text-soft">
                    {rule.law}, {rule.cite} ({rule.regime}
                    {rule.verified ? '' : ', not verified'}) ·{' '}
                    <code className="font-mono">{rule.id}</code>
                  </span>
                </li>
              ))}
            </ul>
          </details>
        )}
      </td>
    </tr>
  );
}
