// The ledger: its checkpoint, its facts, and a button that verifies the whole chain.

import { useMutation, useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import * as ask from '../api/ask';
import { post } from '../api/request';
import type { Fact, Instant, Verification } from '../api/wire';
import { one } from '../frame/search';
import { Code } from '../parts/field';
import { count, dateTime, plain, sentence } from '../parts/format';
import { Icon } from '../parts/icons';
import { Empty, Failure, PageHead, Section, Waiting } from '../parts/page';

const PAGE = 50;

export default function LedgerPage() {
  const search = useSearch({ strict: false });
  const ledger = useQuery(ask.ledger());
  return (
    <>
      <PageHead
        title="Ledger"
        lead={
          'What was done, in a chain that anyone can check with the files and the public key. ' +
          'It holds no personal data.'
        }
      />
      {ledger.isPending && <Waiting label="Reading the ledger" />}
      {ledger.error && <Failure error={ledger.error} retry={() => void ledger.refetch()} />}
      {ledger.data && (
        <>
          <Section
            title={`${count(ledger.data.size)} facts`}
            lead="Keep a checkpoint elsewhere: with it, a cut tail shows too."
          >
            <div className="flex flex-col gap-3 px-5 pb-5">
              {ledger.data.checkpoint === '' ? (
                <p className="text-sm text-soft">No checkpoint is signed yet.</p>
              ) : (
                <Code label="Signed checkpoint" code={ledger.data.checkpoint} />
              )}
              {ledger.data.public_key && (
                <Code label="Public key" code={ledger.data.public_key} />
              )}
            </div>
          </Section>
          <Verify />
          <Facts size={ledger.data.size} after={one(search, 'after')} />
        </>
      )}
    </>
  );
}

function Verify() {
  const [since, setSince] = useState('');
  const verify = useMutation({
    mutationFn: () =>
      post<Verification>('api/ledger/verify', since.trim() === '' ? {} : { since }),
  });
  return (
    <Section
      title="Verify"
      lead="Reads the chain from its files and checks every fact, and the signature over all."
      action={
        <button
          type="button"
          className="press press-first"
          disabled={verify.isPending}
          onClick={() => verify.mutate()}
        >
          {verify.isPending ? 'Verifying' : 'Verify now'}
        </button>
      }
    >
      <div className="px-5 pb-5">
        <label className="eyebrow block" htmlFor="since">
          Since a checkpoint you kept (optional)
        </label>
        <textarea
          id="since"
          rows={3}
          spellCheck={false}
          className="field mt-1 block w-full py-2 font-mono text-[0.8125rem]"
          value={since}
          onChange={(change) => setSince(change.target.value)}
        />
        {verify.data && <Verdict found={verify.data} />}
      </div>
      {verify.error && <Failure error={verify.error} />}
    </Section>
  );
}

function Verdict({ found }: { found: Verification }) {
  const tone = found.ok ? 'bg-accent-soft text-accent-text' : 'bg-bad-soft text-bad';
  return (
    <div role="status" className={`mt-3 rounded-lg p-3 text-sm ${tone}`}>
      <p className="flex items-center gap-2 font-semibold">
        <Icon name={found.ok ? 'check' : 'alert'} />
        {found.ok
          ? `The chain holds: ${count(found.size)} facts`
          : `The chain is broken: ${count(found.problems.length)} problems`}
      </p>
      {found.note && <p className="mt-1">{sentence(found.note)}</p>}
      <ul className="mt-1 list-disc pl-5">
        {found.problems.map((problem, index) => (
          <li key={index}>
            {problem.index === null ? '' : `fact ${problem.index}: `}
            {problem.detail} <code className="font-mono text-xs">{problem.code}</code>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** The facts of an answer that is a list, or an object that holds one. */
function listOf(answer: unknown): Fact[] {
  if (Array.isArray(answer)) return answer as Fact[];
  if (answer !== null && typeof answer === 'object') {
    const list = Object.values(answer).find(Array.isArray);
    if (list) return list as Fact[];
  }
  return [];
}

const first = (fact: Fact, names: string[]) =>
  names.map((name) => fact[name]).find((value) => value !== undefined && value !== null);

function Facts({ size, after }: { size: number; after: string | undefined }) {
  const navigate = useNavigate();
  const purposes = useQuery(ask.purposes());
  const purposeOf = (number: unknown) =>
    purposes.data?.find((each) => each.number === number)?.name ?? number;
  const start = Math.max(0, after === undefined ? size - PAGE : Number(after) || 0);
  const facts = useQuery(ask.facts(start));
  const go = (to: number) =>
    void navigate({ to: '/ledger', search: { after: String(Math.max(0, to)) }, replace: true });
  const list = listOf(facts.data);
  return (
    <Section
      title="Facts"
      lead="One fact for each batch and outcome, for each erasure, for each reading."
      action={
        <div className="flex gap-2">
          <button type="button" className="press" disabled={start === 0}
            onClick={() => go(start - PAGE)}>
            Earlier
          </button>
          <button type="button" className="press" disabled={start + PAGE >= size}
            onClick={() => go(start + PAGE)}>
            Later
          </button>
        </div>
      }
    >
      {facts.isPending && <Waiting label="Reading facts" />}
      {facts.error && <Failure error={facts.error} retry={() => void facts.refetch()} />}
      {facts.data !== undefined && list.length === 0 && (
        <Empty title="No fact here">
          The first ones are written when Candor starts, makes a key or judges a batch.
        </Empty>
      )}
      {list.length > 0 && (
        <div className="overflow-x-auto" tabIndex={0} role="region" aria-label="Facts">
          <table className="grid-table">
            <thead>
              <tr>
                <th scope="col" className="number pl-5">#</th>
                <th scope="col">Time</th>
                <th scope="col">Fact</th>
                <th scope="col" className="pr-5">Details</th>
              </tr>
            </thead>
            <tbody>
              {list
                .map((fact, index) => (
                  <FactRow key={index} fact={fact} number={start + index} purposeOf={purposeOf} />
                ))
                .reverse()}
            </tbody>
          </table>
        </div>
      )}
    </Section>
  );
}

const NUMBERS = ['index', 'sequence', 'number'];
const TIMES = ['time', 'at', 'when'];
const NAMES = ['fact'];

/** A detail on one line; of counts, only those that are not zero. */
function detail(value: unknown): string {
  // A digest is known by its beginning; the whole of it is in the ledger's files.
  if (typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)) return `${value.slice(0, 12)}…`;
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return plain(value);
  const parts = Object.entries(value).filter(([, each]) => each !== 0 && each !== null);
  return parts.map(([name, each]) => `${name} ${detail(each)}`.trim()).join(', ');
}

function FactRow(props: {
  fact: Fact;
  number: number;
  /** The name behind the number by which the chain knows a purpose. */
  purposeOf: (number: unknown) => unknown;
}) {
  const { fact, number, purposeOf } = props;
  // An entry is its number beside the fact itself.
  const inner = fact['fact'];
  const said = inner !== null && typeof inner === 'object' ? (inner as Fact) : fact;
  const title = String(first(said, NAMES) ?? 'fact');
  const known = new Set([...NUMBERS, ...TIMES, ...NAMES]);
  const rest = Object.entries(said)
    .filter(([field]) => !known.has(field))
    .map(([field, value]) => [field, field === 'purpose' ? purposeOf(value) : value] as const);
  return (
    <tr className="align-top">
      <td className="number pl-5 text-soft">{String(first(fact, NUMBERS) ?? number)}</td>
      <td className="whitespace-nowrap">{dateTime(first(said, TIMES) as Instant | undefined)}</td>
      <th scope="row" className="font-medium">{title}</th>
      <td className="min-w-64 pr-5 font-mono text-[0.8125rem] break-words text-soft">
        {rest.map(([field, value]) => `${field}: ${detail(value)}`).join(' · ')}
      </td>
    </tr>
  );
}
