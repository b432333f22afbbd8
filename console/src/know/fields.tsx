// The fields that several kinds of insight share: period, purpose, breakdown, filter.

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import * as ask from '../api/ask';
import { one } from '../frame/search';
import { usePurposeOptions } from '../parts/chips';
import { Select, Text } from '../parts/field';
import type { Address } from './address';
import { daysOf, LASTS, readZone } from './period';

const HERE = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** The period, and whose days it counts where that could differ. */
export function PeriodFields({ address }: { address: Address }) {
  const { period, set, zone } = address;
  const choose = (value: string) => {
    if (value === 'days') set({ last: undefined, ...daysOf(period, zone, Date.now()) });
    else set({ last: value, from: undefined, to: undefined });
  };
  const zones = [...new Set(['UTC', readZone(HERE), zone])];
  const options = [
    ...LASTS.map(({ value, label }) => ({ value, label })),
    { value: 'days', label: 'From day to day' },
  ];
  return (
    <>
      <Select label="Period" value={period.last || 'days'} options={options} onChange={choose} />
      {zones.length > 1 && (
        <Select
          label="Days of"
          value={zone}
          options={zones.map((value) => ({ value, label: value.replaceAll('_', ' ') }))}
          onChange={(value) => set({ zone: value === 'UTC' ? undefined : value })}
        />
      )}
      {period.last === '' && (
        <>
          <Text
            label="From"
            type="date"
            value={period.from}
            onChange={(from) => set({ from, to: from > period.to ? from : period.to })}
          />
          <Text
            label="To, inclusive"
            type="date"
            value={period.to}
            onChange={(to) => set({ to, from: to < period.from ? to : period.from })}
          />
        </>
      )}
    </>
  );
}

export function PurposeField({ address }: { address: Address }) {
  const purposes = usePurposeOptions();
  return (
    <Select
      label="For purpose"
      value={address.purpose}
      options={purposes}
      onChange={(purpose) => address.set({ purpose })}
    />
  );
}

function useColumnOptions() {
  const properties = useQuery(ask.properties());
  return (properties.data ?? [])
    .filter((each) => each.column !== null && each.column !== false)
    .map((each) => ({ value: each.property, label: each.property }))
    .sort((a, b) => a.label.localeCompare(b.label));
}

/** A property to split by: those with a column; the others are sealed under each person's key. */
export function BreakdownField({ address }: { address: Address }) {
  const options = useColumnOptions();
  return (
    <Select
      label="Split by"
      value={one(address.search, 'by') ?? ''}
      options={[{ value: '', label: 'Nothing' }, ...options]}
      onChange={(by) => address.set({ by: by || undefined })}
    />
  );
}

/** A filter on one property: chosen first, then its values, taken over on leaving the field. */
export function WhereField({ address }: { address: Address }) {
  const [property = '', values = ''] = (one(address.search, 'where') ?? '').split('~');
  const [typed, setTyped] = useState(values);
  const options = useColumnOptions();
  const set = (name: string, text: string) =>
    address.set({ where: name === '' ? undefined : `${name}~${text}` });
  return (
    <>
      <Select
        label="Only where"
        value={property}
        options={[{ value: '', label: 'Everything' }, ...options]}
        onChange={(name) => set(name, typed)}
      />
      {property !== '' && (
        <div onBlur={() => set(property, typed)}>
          <form
            onSubmit={(event) => {
              event.preventDefault();
              set(property, typed);
            }}
          >
            <Text label="is" value={typed} placeholder="One, or another" onChange={setTyped} />
          </form>
        </div>
      )}
    </>
  );
}
