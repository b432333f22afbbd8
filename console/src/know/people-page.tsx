// Finding one person. An id is sent to find the number and is neither shown nor kept in an address.

import { useMutation, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import * as ask from '../api/ask';
import { post } from '../api/request';
import type { PeopleAnswer } from '../api/wire';
import { one } from '../frame/search';
import { usePurposeOptions } from '../parts/chips';
import { Select, Text } from '../parts/field';
import { Failure, PageHead, Section, Waiting } from '../parts/page';
import { PeopleTable } from './people-behind';

const KINDS = [
  { value: 'person', label: 'Person number' },
  { value: 'user_id', label: 'User id' },
  { value: 'device_id', label: 'Device id' },
] as const;
type IdKind = (typeof KINDS)[number]['value'];

export default function People() {
  const purpose = one(useSearch({ strict: false }), 'purpose') ?? 'analyse';
  const navigate = useNavigate();
  const purposes = usePurposeOptions();
  return (
    <>
      <PageHead
        title="People"
        lead="One person at a time, as far as a purpose may see them. The read log keeps each look."
      >
        <Select
          label="For purpose"
          hideLabel
          value={purpose}
          options={purposes}
          onChange={(value) =>
            void navigate({ to: '/people', search: { purpose: value }, replace: true })
          }
        />
        <Link to={'/insights/people' as '/insights'} className="press">
          Find by what they did
        </Link>
      </PageHead>
      <Find purpose={purpose} />
      <Newest purpose={purpose} />
    </>
  );
}

function Find({ purpose }: { purpose: string }) {
  const navigate = useNavigate();
  const [kind, setKind] = useState<IdKind>('person');
  const [id, setId] = useState('');
  const open = (person: string) =>
    navigate({ to: '/people/$person', params: { person }, search: { purpose } });
  const find = useMutation({
    mutationFn: async () => {
      if (kind === 'person') return open(/^\d+$/.test(id.trim()) ? `p${id.trim()}` : id.trim());
      const wish = { [kind]: id.trim(), purpose };
      const { person } = await post<{ person: string }>('api/people/find', wish);
      return open(person);
    },
  });
  return (
    <Section title="Find a person" lead="An id is used for this request only; it is not stored.">
      <form
        className="flex flex-wrap items-end gap-3 px-5 pb-5"
        onSubmit={(event) => {
          event.preventDefault();
          find.mutate();
        }}
      >
        <Select label="Known by" value={kind} options={KINDS}
          onChange={(value) => setKind(value as IdKind)} />
        <Text label="Id" value={id} placeholder={kind === 'person' ? 'p12' : ''}
          className="min-w-[12rem] flex-1 sm:max-w-[24rem]" onChange={setId} required />
        <button type="submit" className="press press-first"
          disabled={id.trim() === '' || find.isPending}>
          Open
        </button>
      </form>
      {find.error && <Failure error={find.error} />}
    </Section>
  );
}

function Newest({ purpose }: { purpose: string }) {
  const plan = { purpose, from: '-6d', to: 'now', zone: 'UTC', sort: 'last', limit: 20 };
  const found = useQuery(ask.insight<PeopleAnswer>('people', plan));
  return (
    <Section title="Seen last" lead="The newest of the last seven days.">
      {found.isPending && <Waiting label="Looking" />}
      {found.error && <Failure error={found.error} retry={() => void found.refetch()} />}
      {found.data && (
        <div className="overflow-x-auto" tabIndex={0} role="region" aria-label="Persons seen last">
          <PeopleTable answer={found.data} purpose={purpose} />
        </div>
      )}
    </Section>
  );
}
