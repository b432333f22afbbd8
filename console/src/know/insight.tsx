// The page of a kind of question: its builder, its answer, and the people behind a number. A kind
// says in its own file what differs.

import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import * as ask from '../api/ask';
import type { Answer, Scope } from '../api/wire';
import { Empty, Failure, PageHead } from '../parts/page';
import { planOf, useAddress, useEventOptions, type Address } from './address';
import { AnswerFrame } from './answer';
import { flatten } from './codec';
import { ExportMenu } from './export';
import { More, PeriodFields, PurposeField, ScopeFields } from './fields';
import { KeepMenu } from './keep-question';
import type { AnyKind, BuilderProps, Kind, Picked } from './kind';
import { KINDS } from './kinds';
import { PeopleBehind } from './people-behind';

/** The page of a kind. */
export function insightPage(kind: AnyKind) {
  return function Insight() {
    return <Page kind={kind as Kind<object, Answer>} />;
  };
}

function Page({ kind }: { kind: Kind<object, Answer> }) {
  const address = useAddress<object>(kind);
  const { question, purpose } = address;
  const events = useEventOptions(purpose);
  const isWhole = kind.isWhole?.(question) ?? true;
  const saved = useQuery({ ...ask.questions(), enabled: address.saved !== undefined });
  const own = saved.data?.find((each) => each.id === address.saved);

  // A first visit starts from the commonest events rather than from an empty form.
  const first = kind.begin?.(question, events);
  const begins = JSON.stringify(first);
  useEffect(() => {
    if (first) address.change(first);
  }, [begins]);

  const { Builder } = kind;
  const builder = { question, change: address.change, events, purpose };
  return (
    <>
      <KindTabs current={kind.name} />
      <PageHead
        title={own?.name ?? kind.title}
        lead={own ? `${kind.title}. ${kind.lead}` : kind.lead}
      />
      <div className="card mb-5 p-4">
        <Builder {...builder} />
        <Common address={address} kind={kind} builder={builder} />
      </div>
      {isWhole ? (
        <Answered kind={kind} address={address} title={own?.name ?? kind.title} />
      ) : (
        <section className="card" aria-label="Answer">
          <Empty title={kind.unasked?.title ?? 'Not whole yet'}>{kind.unasked?.text}</Empty>
        </section>
      )}
    </>
  );
}

/** The period, the purpose and the people, which every question has. */
function Common(props: {
  address: Address<object>;
  kind: Kind<object, Answer>;
  builder: BuilderProps<object>;
}) {
  const { address, kind } = props;
  const scope: Scope = address.question;
  const said = [...(kind.options ?? []), 'people', 'per'] as (keyof typeof scope)[];
  return (
    <>
      <div className="fields mt-4 border-t border-line pt-4">
        <PeriodFields period={address.period} zone={address.zone} set={address.set} />
        <PurposeField purpose={address.purpose}
          onChange={(purpose) => address.set({ purpose })} />
      </div>
      <More open={said.some((name) => scope[name] !== undefined)}>
        {kind.Options && <kind.Options {...props.builder} />}
        <ScopeFields scope={scope} change={address.change} />
      </More>
    </>
  );
}

function Answered(props: { kind: Kind<object, Answer>; address: Address<object>; title: string }) {
  const { kind, address } = props;
  const { Chart, Table } = kind;
  const plan = planOf(address);
  const query = ask.insight<Answer>(kind.name, plan);
  const result = useQuery(query);
  const figure = useRef<HTMLElement>(null);
  const [failure, setFailure] = useState<unknown>(null);
  const [title, setTitle] = useState<string>();
  const onPick = ({ pick, title: words }: Picked) => {
    setTitle(words);
    address.set(flatten(pick, 'pick.'), { replace: false });
  };
  const close = () =>
    address.set(
      Object.fromEntries(
        Object.keys(address.search)
          .filter((name) => name.startsWith('pick.'))
          .map((name) => [name, undefined]),
      ),
    );
  const { question, zone } = address;
  const shown = (answer: Answer) => ({ answer, question, zone, onPick });
  return (
    <>
      <AnswerFrame
        result={result}
        queryKey={query.queryKey}
        view={address.view}
        onView={(view) => address.set({ view: view === 'table' ? 'table' : undefined })}
        isEmpty={kind.isEmpty ?? (() => false)}
        empty={<NothingFound />}
        chart={(answer) => <Chart {...shown(answer)} />}
        table={Table && ((answer) => <Table {...shown(answer)} />)}
        figure={figure}
        actions={
          <>
            <ExportMenu path={`api/query/${kind.name}`} plan={plan} name={kind.name} figure={figure}
              onError={setFailure} />
            {!kind.showsPeople && (
              <KeepMenu
                asked={{ kind: kind.name, question: { ...plan } }}
                saved={address.saved}
                title={props.title}
              />
            )}
          </>
        }
      />
      {failure !== null && <Failure error={failure} />}
      <PeopleBehind kind={kind.name} question={plan} pick={address.pick} title={title}
        onClose={close} />
    </>
  );
}

/** On a narrow screen the kind that is asked may be out of sight. */
function showCurrent(nav: HTMLElement | null) {
  const link = nav?.querySelector<HTMLElement>('[aria-current="page"]');
  if (nav && link) nav.scrollLeft = link.offsetLeft - (nav.clientWidth - link.offsetWidth) / 2;
}

/** The kinds beside each other, so that the next question is one step away. */
function KindTabs({ current }: { current: string }) {
  return (
    <nav ref={showCurrent} aria-label="Kinds of questions"
      className="relative -mx-1 mb-4 overflow-x-auto px-1 pb-1">
      <ul className="flex w-max gap-1">
        {KINDS.map((kind) => (
          <li key={kind.name}>
            <Link
              to={`/insights/${kind.name}` as '/insights'}
              aria-current={kind.name === current ? 'page' : undefined}
              className="flex min-h-8 items-center rounded-md px-2.5 text-sm text-soft
                hover:bg-sunken hover:text-ink aria-[current=page]:bg-accent-soft
                aria-[current=page]:font-semibold aria-[current=page]:text-accent-text"
            >
              {kind.title}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function NothingFound() {
  return (
    <Empty
      title="Nothing in this period"
      action={
        <Link to="/start" className="press">
          Send a first event
        </Link>
      }
    >
      No event that may be used for this purpose falls into it. A longer period or another purpose
      may hold some.
    </Empty>
  );
}
