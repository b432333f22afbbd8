// The values of one property: which there are, how often, and of how many people.

import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import * as ask from '../api/ask';
import type { ValuesAnswer, Which } from '../api/wire';
import { capital, count, exact, plural } from '../parts/format';
import { Icon } from '../parts/icons';
import { flatten } from './codec';
import { EventField, PropertyField } from './fields';
import { define, type BuilderProps, type ShownProps } from './kind';
import { counted } from './measure';
import { Where } from './where';

interface Question {
  property: string;
  event?: string;
  where?: Which['where'];
  limit: number;
}

export default define<Question, ValuesAnswer>({
  name: 'values',
  title: 'Properties',
  lead: 'The values of a property, how often each comes, and with how many people.',
  standard: { property: '', limit: 50 },
  purpose: 'measure',
  last: '30d',
  isWhole: ({ property }) => property !== '',
  unasked: {
    title: 'Which property?',
    text: 'Choose one: the answer lists its values, the commonest first, and how many there are.',
  },
  Builder,
  isEmpty: (answer) => answer.values.length === 0,
  Chart,
});

function Builder({ question, change, events, purpose }: BuilderProps<Question>) {
  const properties = useQuery(ask.properties());
  const about = properties.data?.find((each) => each.property === question.property);
  return (
    <>
      <div className="fields">
        <PropertyField label="Property" none="Choose one" value={question.property}
          onChange={(property) => change({ property: property ?? '' })} />
        <EventField label="On event" any="Any event" value={question.event} events={events}
          onChange={(event) => change({ event: event ?? undefined } as Partial<Question>)} />
        <Where where={question.where} of="Event" purpose={purpose}
          onChange={(where) => change({ where } as Partial<Question>)} />
      </div>
      {about && (
        <p className="mt-3 text-sm text-soft">
          <code className="font-mono text-[0.8125rem]">{about.property}</code> is {about.type}
          {about.category && `, of category ${about.category}`}
          {about.conflicts > 0 && `, ${plural(about.conflicts, 'time')} with another type`}.
        </p>
      )}
    </>
  );
}

function Chart({ answer, question }: ShownProps<Question, ValuesAnswer>) {
  const most = Math.max(1, ...answer.values.map((each) => each.events));
  return (
    <>
      <dl className="mt-4 flex flex-wrap gap-x-10 gap-y-2 border-y border-line px-5 py-3">
        <Figure name="Different values" value={count(answer.different)} />
        <Figure name="Without it" value={count(answer.missing)} />
        {answer.numbers && (
          <>
            <Figure name="Least" value={exact(answer.numbers.least)} />
            <Figure name="Median" value={exact(answer.numbers.median)} />
            <Figure name="Average" value={exact(answer.numbers.average)} />
            <Figure name="Greatest" value={exact(answer.numbers.greatest)} />
            <Figure name="Sum" value={exact(answer.numbers.sum)} />
          </>
        )}
      </dl>
      <div className="max-h-[34rem] overflow-auto" tabIndex={0} role="region" aria-label="Values">
        <table className="grid-table">
          <thead className="sticky top-0 z-10 bg-raised">
            <tr>
              <th scope="col" className="pl-5">Value</th>
              <th scope="col" className="hidden w-1/3 sm:table-cell">
                <span className="sr-only">Share</span>
              </th>
              <th scope="col" className="number">Events</th>
              <th scope="col" className="number">{capital(counted(question))}</th>
              <th scope="col" className="pr-5">
                <span className="sr-only">Ask further</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {answer.values.map((each) => (
              <tr key={String(each.value)}>
                <th scope="row" className="max-w-[20rem] truncate pl-5 font-normal">
                  {each.value ?? '(none)'}
                </th>
                <td className="hidden sm:table-cell" aria-hidden="true">
                  <span className="block h-2 overflow-hidden rounded-full bg-sunken">
                    <span className="bar block h-full rounded-full bg-accent"
                      style={{ width: `${(100 * each.events) / most}%` }} />
                  </span>
                </td>
                <td className="number">{count(each.events)}</td>
                <td className="number">{count(each.people)}</td>
                <td className="py-0 pr-5 text-right">
                  {each.value !== null && <TrendOf question={question} value={each.value} />}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function Figure({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt className="eyebrow">{name}</dt>
      <dd className="text-lg font-semibold tabular-nums">{value}</dd>
    </div>
  );
}

function TrendOf({ question, value }: { question: Question; value: string }) {
  const where = [{ property: question.property, is: [value] }];
  const series = [{ event: question.event ?? null, count: 'events', where }];
  return (
    <Link
      to={'/insights/trend' as '/insights'}
      search={flatten({ series })}
      className="press press-quiet min-h-8 px-2"
      aria-label={`Trend of ${value}`}
    >
      <Icon name="chevron" size={12} />
    </Link>
  );
}
