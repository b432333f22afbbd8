// What data may be used for, and what is collected: purposes and properties, from the catalogue.

import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import * as ask from '../api/ask';
import type { CatalogueProperty } from '../api/wire';
import { one } from '../frame/search';
import { Text } from '../parts/field';
import { count } from '../parts/format';
import { Empty, Failure, PageHead, Section, Waiting } from '../parts/page';

export default function Policy() {
  const search = useSearch({ strict: false });
  const navigate = useNavigate();
  const find = one(search, 'find') ?? '';
  return (
    <>
      <PageHead
        title="Policy & Consent"
        lead="Every use of a datum has a purpose. An event is kept only for purposes that are open."
      />
      <Purposes />
      <Section
        title="Properties"
        lead="What events carried. The value of an undeclared property is dropped."
        action={
          <Text
            label="Find a property"
            hideLabel
            type="search"
            placeholder="Find a property"
            value={find}
            onChange={(text) =>
              void navigate({ to: '/policy', search: { find: text }, replace: true })
            }
          />
        }
      >
        <Properties find={find} />
      </Section>
    </>
  );
}

function Purposes() {
  const purposes = useQuery(ask.purposes());
  return (
    <Section
      title="Purposes"
      lead="Numbers are permanent. A person says yes or no to a purpose by its name."
    >
      {purposes.isPending && <Waiting label="Reading the purposes" />}
      {purposes.error && (
        <Failure error={purposes.error} retry={() => void purposes.refetch()} />
      )}
      <ul className="-mr-px -mb-px grid border-t border-line sm:grid-cols-2 xl:grid-cols-3">
        {purposes.data?.map((purpose) => (
          <li key={purpose.number} className="border-r border-b border-line px-5 py-3.5">
            <p className="flex items-baseline gap-2">
              <span className="font-medium">{purpose.title}</span>
              <span className="ml-auto text-xs text-soft tabular-nums">{purpose.number}</span>
            </p>
            <p className="mt-0.5 text-sm text-soft">{purpose.description}</p>
            <code className="font-mono text-xs text-soft">{purpose.name}</code>
          </li>
        ))}
      </ul>
    </Section>
  );
}

const SHOWN_MAX = 200;

function Properties({ find }: { find: string }) {
  const properties = useQuery(ask.properties());
  if (properties.isPending) return <Waiting label="Reading the properties" />;
  if (properties.error) {
    return <Failure error={properties.error} retry={() => void properties.refetch()} />;
  }
  const wanted = find.trim().toLowerCase();
  const found = properties.data
    .filter((each) => each.property.toLowerCase().includes(wanted))
    .sort((a, b) => b.seen - a.seen || a.property.localeCompare(b.property));
  if (found.length === 0) {
    return (
      <Empty title={wanted === '' ? 'No property yet' : 'No property by that name'}>
        Each property that an event carries is listed here by name and type, also when its value is
        dropped.
      </Empty>
    );
  }
  return (
    <div className="overflow-x-auto" tabIndex={0} role="region" aria-label="Properties">
      <table className="grid-table">
        <thead>
          <tr>
            <th scope="col" className="pl-5">Property</th>
            <th scope="col">Type</th>
            <th scope="col">Category</th>
            <th scope="col">Kept as</th>
            <th scope="col" className="number">Seen</th>
            <th scope="col" className="number pr-5">Type conflicts</th>
          </tr>
        </thead>
        <tbody>
          {found.slice(0, SHOWN_MAX).map((each) => (
            <tr key={each.property}>
              <th scope="row" className="pl-5 font-mono text-[0.8125rem] font-normal">
                {each.property}
              </th>
              <td>{each.type}</td>
              <td>{each.category ?? '–'}</td>
              <td>{keptAs(each)}</td>
              <td className="number">{count(each.seen)}</td>
              <td className={`number pr-5 ${each.conflicts > 0 ? 'font-semibold text-warn' : ''}`}>
                {count(each.conflicts)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {found.length > SHOWN_MAX && (
        <p className="px-5 py-3 text-sm text-soft">
          {count(found.length - SHOWN_MAX)} more; find them by name.
        </p>
      )}
    </div>
  );
}

function keptAs(property: CatalogueProperty) {
  if (!property.declared) return <span className="chip bg-warn-soft text-warn">dropped</span>;
  if (property.column !== null && property.column !== false) {
    return <span className="chip bg-accent-soft text-accent-text">column</span>;
  }
  return (
    <span className="chip" title="Sealed under the person's key; gone with it">
      sealed
    </span>
  );
}
