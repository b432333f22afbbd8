// The frame of every insight. A kind says in one file what differs: how the address is read as a
// question, its fields, and its answer as chart and table.

import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect, type ReactNode } from 'react';
import * as ask from '../api/ask';
import type { Answer } from '../api/wire';
import { Empty, PageHead } from '../parts/page';
import { useAddress, useEventOptions, type Address } from './address';
import { AnswerFrame } from './answer';
import { PeriodFields, PurposeField } from './fields';
import { range } from './period';

type Options = ReturnType<typeof useEventOptions>['options'];

export interface BuilderProps<Q> {
  address: Address;
  question: Q;
  /** The events that can be asked about, the commonest first. */
  options: Options;
  /** The period and the purpose, which every question has. */
  common: ReactNode;
}

export interface AnswerProps<A, Q> {
  answer: A;
  question: Q;
  address: Address;
}

export interface Kind<A extends Answer, Q> {
  kind: ask.Kind;
  title: string;
  lead: string;
  /** What holds while the address says nothing. */
  standard: { purpose: string; last?: string };
  /** The question as far as the address says it. */
  read: (address: Address) => Q;
  /** What it asks beside its purpose and its time; nothing while it is not whole. */
  plan: (question: Q) => object | undefined;
  /** What to say until it is whole. */
  unasked?: { title: string; text: string };
  /** What a first visit starts from, once the events are known. */
  begin?: (question: Q, options: Options) => Record<string, string | string[]> | undefined;
  Builder: (props: BuilderProps<Q>) => ReactNode;
  isEmpty?: (answer: A) => boolean;
  Chart: (props: AnswerProps<A, Q>) => ReactNode;
  /** The chart's twin; none where the chart is a table or a number already. */
  Table?: (props: AnswerProps<A, Q>) => ReactNode;
}

/** The page of a kind of insight. */
export function insight<A extends Answer, Q>(kind: Kind<A, Q>) {
  const { Builder, Chart, Table, isEmpty = () => false } = kind;
  return function Insight() {
    const { purpose: standardPurpose, last } = kind.standard;
    const address = useAddress(`/insights/${kind.kind}`, standardPurpose, last);
    const { options } = useEventOptions(address.purpose);
    const question = kind.read(address);
    const asked = kind.plan(question);
    const { purpose, period, zone } = address;
    const plan = { purpose, ...range(period, zone, Date.now()), ...asked };
    const result = useQuery(ask.insight<A>(kind.kind, plan, asked !== undefined));

    // A first visit starts from the commonest events rather than from an empty form.
    const first = kind.begin?.(question, options);
    const begins = JSON.stringify(first);
    useEffect(() => {
      if (first) address.set(first);
    }, [begins]);

    const common = (
      <>
        <PeriodFields address={address} />
        <PurposeField address={address} />
      </>
    );
    const shown = (answer: A) => ({ answer, question, address });
    return (
      <>
        <PageHead title={kind.title} lead={kind.lead} />
        <Builder address={address} question={question} options={options} common={common} />
        {asked || !kind.unasked ? (
          <AnswerFrame
            result={result}
            address={address}
            isEmpty={isEmpty}
            empty={<NothingFound />}
            chart={(answer) => <Chart {...shown(answer)} />}
            {...(Table && { table: (answer: A) => <Table {...shown(answer)} /> })}
          />
        ) : (
          <section className="card" aria-label="Answer">
            <Empty title={kind.unasked.title}>{kind.unasked.text}</Empty>
          </section>
        )}
      </>
    );
  };
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
