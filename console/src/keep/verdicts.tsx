// Every verdict of the gate, newest first. A refusal has a code and a remedy, never a payload.

import { useQuery } from '@tanstack/react-query';
import * as ask from '../api/ask';
import { query } from '../api/request';
import type { Verdict } from '../api/wire';
import { PurposeChips } from '../parts/chips';
import { clockTime } from '../parts/format';
import { Empty, Failure, OutcomeChip, Waiting } from '../parts/page';
import { Remedy } from '../parts/remedy';
import type { LiveSearch } from './events';
import { useLive } from './live';
import { FirstEvent, LiveBar } from './live-bar';

const nameOf = (verdict: Verdict) => String(verdict.sequence);

function matches(verdict: Verdict, view: LiveSearch): boolean {
  if (view.source !== '' && verdict.source !== view.source) return false;
  const find = view.find.trim().toLowerCase();
  const word = verdict.outcome === 'accepted' ? 'kept accepted' : verdict.outcome;
  const text = `${word} ${verdict.code ?? ''} ${verdict.kind ?? ''} ${verdict.protocol}`;
  return text.toLowerCase().includes(find);
}

export function VerdictList({ view }: { view: LiveSearch }) {
  const source = view.source || undefined;
  const first = useQuery(ask.verdicts(source));
  const live = useLive<Verdict>({
    path: `api/verdicts/stream${query({ source })}`,
    event: 'verdict',
    first: first.data,
    name: nameOf,
  });
  if (first.error) return <Failure error={first.error} retry={() => void first.refetch()} />;
  const rows = live.rows.filter((each) => matches(each, view));
  return (
    <section className="card overflow-hidden" aria-label="Verdicts">
      <LiveBar live={live} shown={rows.length} />
      {first.isPending && <Waiting label="Reading the newest verdicts" />}
      {first.data && rows.length === 0 && (
        <Empty title="No verdict to show" action={<FirstEvent />}>
          Each event that reaches Candor ends in exactly one outcome. It appears here, refused ones
          too.
        </Empty>
      )}
      {rows.length > 0 && (
        <div className="overflow-x-auto" role="region" aria-label="Verdicts" tabIndex={0}>
          <table className="grid-table">
            <thead>
              <tr>
                <th scope="col" className="pl-4">Time</th>
                <th scope="col">Outcome</th>
                <th scope="col">Why, or for what</th>
                <th scope="col" className="hidden sm:table-cell">Source</th>
                <th scope="col" className="hidden md:table-cell">Protocol</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((verdict) => (
                <Row key={verdict.sequence} verdict={verdict} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function Row({ verdict }: { verdict: Verdict }) {
  return (
    <tr className="arrives align-top hover:bg-sunken">
      <td className="pl-4 whitespace-nowrap text-soft">{clockTime(verdict.time)}</td>
      <td>
        <OutcomeChip outcome={verdict.outcome} />
      </td>
      <td>
        {verdict.code && <p className="font-mono text-[0.8125rem]">{verdict.code}</p>}
        {verdict.remedy && (
          <div className="text-soft">
            <Remedy text={verdict.remedy} />
          </div>
        )}
        <PurposeChips names={verdict.purposes} />
      </td>
      <td className="hidden whitespace-nowrap sm:table-cell">{verdict.source}</td>
      <td className="hidden whitespace-nowrap md:table-cell">
        {verdict.protocol} {verdict.kind ?? ''}
      </td>
    </tr>
  );
}
