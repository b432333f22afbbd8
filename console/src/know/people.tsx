// Persons who did something, the newest first, each leading to a timeline. Looking is on record.

import type { Condition, PeopleAnswer } from '../api/wire';
import { Select } from '../parts/field';
import { EventField } from './fields';
import { define, type BuilderProps, type ShownProps } from './kind';
import { PeopleTable } from './people-behind';
import { Where } from './where';

interface Question {
  event?: string;
  where?: Condition[];
  sort: 'last' | 'first' | 'events';
  limit: number;
}

export default define<Question, PeopleAnswer>({
  name: 'people',
  title: 'Person explorer',
  lead: 'Persons by number, never by name. The read log keeps each look.',
  standard: { sort: 'last', limit: 100 },
  purpose: 'analyse',
  last: '30d',
  Builder,
  isEmpty: (answer) => answer.total === 0,
  Chart: ({ answer }: ShownProps<Question, PeopleAnswer>) => (
    <div className="mt-4 overflow-x-auto" tabIndex={0} role="region" aria-label="Persons">
      <PeopleTable answer={answer} purpose={answer.purpose} />
    </div>
  ),
  showsPeople: true,
});

function Builder({ question, change, events, purpose }: BuilderProps<Question>) {
  return (
    <div className="fields">
      <EventField label="Who did" any="Anything" value={question.event} events={events}
        onChange={(event) => change({ event: event ?? undefined } as Partial<Question>)} />
      <Where where={question.where} of="Who did" purpose={purpose}
        onChange={(where) => change({ where } as Partial<Question>)} />
      <Select
        label="First"
        value={question.sort}
        options={[
          { value: 'last', label: 'who was seen last' },
          { value: 'first', label: 'who came first' },
          { value: 'events', label: 'who did most' },
        ]}
        onChange={(sort) => change({ sort: sort as Question['sort'] })}
      />
    </div>
  );
}
