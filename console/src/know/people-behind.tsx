// The people behind a number, in a drawer that the address opens. Looking is itself on record.

import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import * as ask from '../api/ask';
import type { BehindAnswer, FoundPerson } from '../api/wire';
import { Dialog } from '../parts/dialog';
import { ago, count, dateTime, plural, spoken } from '../parts/format';
import { Empty, Failure, Waiting } from '../parts/page';
import type { Pick } from './kind';
import type { KindName } from './kinds';

export function PeopleBehind(props: {
  kind: KindName;
  question: { purpose: string };
  pick: Pick | undefined;
  title: string | undefined;
  onClose: () => void;
}) {
  return (
    <Dialog aside title={props.title ?? 'The people behind it'} open={props.pick !== undefined}
      onClose={props.onClose}>
      {props.pick && <Behind kind={props.kind} question={props.question} pick={props.pick} />}
    </Dialog>
  );
}

function Behind(props: { kind: KindName; question: { purpose: string }; pick: Pick }) {
  // A cohort is one number; there is nothing to pick in it.
  const pick = props.kind === 'cohort' ? {} : props.pick;
  const found = useQuery(ask.behind(props.kind, props.question, pick));
  const answer = found.data;
  return (
    <div className="min-h-0 flex-1 overflow-y-auto" tabIndex={0} role="region"
      aria-label="People behind the number">
      {found.isPending && <Waiting label="Looking them up" />}
      {found.error && <Failure error={found.error} retry={() => void found.refetch()} />}
      {answer && (
        <>
          <p className="px-5 pb-3 text-sm text-soft" role="status">
            {answer.sentence
              ? spoken(answer.sentence)
              : `${plural(answer.total, 'person', 'people')} behind this number.`}
          </p>
          <PeopleTable answer={answer} purpose={props.question.purpose} />
        </>
      )}
    </div>
  );
}

/** People by number, each leading to what the purpose may see of them. */
export function PeopleTable({ answer, purpose }: { answer: BehindAnswer; purpose: string }) {
  const { people, total } = answer;
  if (people.length === 0) {
    return (
      <Empty title="Nobody">
        No person that this purpose may see stands behind this number.
      </Empty>
    );
  }
  return (
    <>
      <table className="grid-table border-t border-line">
        <thead>
          <tr>
            <th scope="col" className="pl-5">Person</th>
            <th scope="col" className="hidden sm:table-cell">First seen</th>
            <th scope="col">Last seen</th>
            <th scope="col" className="number pr-5">Events</th>
          </tr>
        </thead>
        <tbody>
          {people.map((person) => (
            <PersonLine key={person.person} person={person} purpose={purpose} />
          ))}
        </tbody>
      </table>
      <p className="px-5 py-3 text-[0.8125rem] text-soft">
        {people.length < total
          ? `${count(people.length)} of ${count(total)} shown.`
          : `${count(total)} in all.`}{' '}
        The read log keeps this look.
      </p>
    </>
  );
}

function PersonLine({ person, purpose }: { person: FoundPerson; purpose: string }) {
  return (
    <tr className="hover:bg-sunken">
      <th scope="row" className="py-0 pl-5 font-mono font-normal">
        <Link
          to="/people/$person"
          params={{ person: person.person }}
          search={{ purpose }}
          className="flex min-h-9 items-center text-accent-text underline decoration-line
            underline-offset-4 hover:decoration-current"
        >
          {person.person}
        </Link>
      </th>
      <td className="hidden whitespace-nowrap text-soft sm:table-cell"
        title={dateTime(person.first)}>
        {ago(person.first, Date.now())}
      </td>
      <td className="whitespace-nowrap text-soft" title={dateTime(person.last)}>
        {ago(person.last, Date.now())}
      </td>
      <td className="number pr-5">{count(person.events)}</td>
    </tr>
  );
}
