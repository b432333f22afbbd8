// Who sends what, and what became of it: the outcomes of each source sum to what it sent.

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import * as ask from '../api/ask';
import { remove } from '../api/request';
import type { Counts, Key, Source } from '../api/wire';
import { ago, count, dayOf, share } from '../parts/format';
import { Empty, Failure, PageHead, Section, Waiting } from '../parts/page';
import { DoctorPanel } from './doctor';
import { NewKey } from './new-key';

export default function Sources() {
  const sources = useQuery({ ...ask.sources(), refetchInterval: 5_000 });
  return (
    <>
      <PageHead title="Sources & keys" lead="Who sends events, and how each event ended.">
        <Link to="/start" className="press">
          Send a first event
        </Link>
      </PageHead>
      {sources.isPending && <Waiting label="Reading the sources" />}
      {sources.error && <Failure error={sources.error} retry={() => void sources.refetch()} />}
      {sources.data?.length === 0 && (
        <Section title="Sources">
          <Empty title="No source yet">
            A source is one site, app or server. Declare it in the configuration under
            <code className="font-mono"> [sources.name]</code>.
          </Empty>
        </Section>
      )}
      {sources.data?.map((source) => <SourceCard key={source.name} source={source} />)}
      <Section title="Keys" lead="A key lets one source write, or one tool read.">
        <Keys />
        <NewKey />
      </Section>
      <Section title="Doctor" lead="When no event arrives, this names the cause.">
        <DoctorPanel />
      </Section>
    </>
  );
}

interface End {
  name: string;
  value: number;
  tone: string;
}

const REFUSED_TONES = ['var(--series-1)', 'var(--series-7)', 'var(--series-3)'];

function ends(counts: Counts): End[] {
  const refused = Object.entries(counts.refused).map(([code, value], index) => ({
    name: `refused: ${code}`,
    value,
    tone: REFUSED_TONES[index % REFUSED_TONES.length] ?? 'var(--series-1)',
  }));
  return [
    { name: 'kept', value: counts.accepted, tone: 'var(--accent)' },
    { name: 'duplicate', value: counts.duplicate, tone: 'var(--series-2)' },
    { name: 'filtered', value: counts.filtered, tone: 'var(--series-6)' },
    ...refused,
    { name: 'invalid', value: counts.invalid, tone: 'var(--series-4)' },
    { name: 'limited', value: counts.limited, tone: 'var(--series-7)' },
    { name: 'quarantined', value: counts.quarantined, tone: 'var(--bad)' },
  ];
}

function SourceCard({ source }: { source: Source }) {
  const { received } = source.counts;
  const all = ends(source.counts).filter((each) => each.value > 0 || each.name === 'kept');
  const markets = Array.isArray(source.markets) ? source.markets.join(', ') : source.markets;
  return (
    <Section
      title={source.name}
      lead={`${source.kind} · audience ${source.audience} · markets ${markets}`}
      action={
        <div className="flex items-center gap-4">
          <p className="text-right tabular-nums">
            <span className="text-lg font-semibold">{count(received)}</span>
            <span className="ml-1.5 text-sm text-soft">received</span>
          </p>
          <Link
            to="/start"
            search={{ source: source.name, with: source.kind === 'server' ? 'node' : 'browser' }}
            className="press"
          >
            Send from it
          </Link>
        </div>
      }
    >
      <div className="px-5 pb-5">
        <div
          aria-hidden="true"
          className="bar flex h-2.5 gap-px overflow-hidden rounded-full bg-sunken"
        >
          {all.map((each) => (
            <span
              key={each.name}
              style={{
                width: `${received === 0 ? 0 : (100 * each.value) / received}%`,
                background: each.tone,
              }}
            />
          ))}
        </div>
        <ul className="mt-3 flex flex-wrap gap-x-6 gap-y-1.5 text-sm tabular-nums">
          {all.map((each) => (
            <li key={each.name} className="flex items-center gap-2">
              <span
                aria-hidden="true"
                className="swatch size-2.5 rounded-sm"
                style={{ background: each.tone }}
              />
              <Reason name={each.name} source={source.name} />
              <span className="font-semibold">{count(each.value)}</span>
              {received > 0 && <span className="text-soft">{share(each.value / received)}</span>}
            </li>
          ))}
        </ul>
      </div>
    </Section>
  );
}

/** How an event ended, leading to the verdicts that ended so. */
function Reason({ name, source }: { name: string; source: string }) {
  const find = name === 'kept' ? 'kept' : name.replace(/^refused: /, '');
  return (
    <Link to="/events" search={{ show: 'verdicts', source, find }} className="hover:underline">
      {name}
    </Link>
  );
}

function Keys() {
  const keys = useQuery(ask.keys());
  if (keys.isPending) return <Waiting label="Reading the keys" />;
  if (keys.error) return <Failure error={keys.error} retry={() => void keys.refetch()} />;
  if (keys.data.length === 0) {
    return <p className="px-5 pb-4 text-sm text-soft">No key yet. Create the first one here.</p>;
  }
  return (
    <div className="overflow-x-auto" tabIndex={0} role="region" aria-label="Keys">
      <table className="grid-table">
        <thead>
          <tr>
            <th scope="col" className="pl-5">Key</th>
            <th scope="col">Kind</th>
            <th scope="col">Source</th>
            <th scope="col">Created</th>
            <th scope="col">Last used</th>
            <th scope="col">
              <span className="sr-only">Revoke</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {keys.data.map((key) => (
            <KeyRow key={key.id} item={key} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function KeyRow({ item }: { item: Key }) {
  const client = useQueryClient();
  const [sure, setSure] = useState(false);
  const revoke = useMutation({
    mutationFn: () => remove(`api/keys/${encodeURIComponent(item.id)}`),
    onSuccess: () => client.invalidateQueries({ queryKey: ['keys'] }),
  });
  return (
    <tr className={item.revoked ? 'text-soft' : undefined}>
      <th scope="row" className="pl-5 font-mono text-[0.8125rem] font-normal">
        {item.prefix}…
      </th>
      <td className="whitespace-nowrap">
        {item.kind}
        {item.name ? <span className="text-soft"> {item.name}</span> : null}
      </td>
      <td className="whitespace-nowrap">{item.source ?? '–'}</td>
      <td className="whitespace-nowrap">{dayOf(item.created)}</td>
      <td className="whitespace-nowrap">{ago(item.last_used, Date.now())}</td>
      <td className="text-right whitespace-nowrap">
        {item.revoked ? (
          <span className="chip">revoked</span>
        ) : sure ? (
          <span className="inline-flex gap-1">
            <button
              type="button"
              className="press press-grave min-h-7 px-2 text-xs"
              onClick={() => revoke.mutate()}
            >
              Revoke {item.prefix}
            </button>
            <button
              type="button"
              className="press min-h-7 px-2 text-xs"
              onClick={() => setSure(false)}
            >
              Keep
            </button>
          </span>
        ) : (
          <button
            type="button"
            className="press min-h-7 px-2 text-xs"
            aria-label={`Revoke ${item.prefix}`}
            onClick={() => setSure(true)}
          >
            Revoke
          </button>
        )}
      </td>
    </tr>
  );
}
