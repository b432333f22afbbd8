// The fields that several kinds of question share: period, purpose, events, properties, people.

import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import * as ask from '../api/ask';
import type { Scope } from '../api/wire';
import { usePurposeOptions } from '../parts/chips';
import { Select, Text, type Option } from '../parts/field';
import { Icon, type IconName } from '../parts/icons';
import { daysOf, LASTS, readZone, type Period } from './period';

const HERE = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** The period, and whose days it counts where that could differ. */
export function PeriodFields(props: {
  period: Period;
  zone: string;
  set: (change: { last?: string | undefined; from?: string | undefined; to?: string | undefined;
    zone?: string | undefined }) => void;
}) {
  const { period, set, zone } = props;
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

export function PurposeField(props: { purpose: string; onChange: (purpose: string) => void }) {
  const purposes = usePurposeOptions();
  return (
    <Select label="For purpose" value={props.purpose} options={purposes}
      onChange={props.onChange} />
  );
}

/** Which people are counted, or which groups instead of people. */
export function ScopeFields(props: { scope: Scope; change: (scope: Scope) => void }) {
  const { scope, change } = props;
  const cohorts = useQuery(ask.cohorts());
  const columns = useColumns();
  const names = (cohorts.data ?? []).map(({ name }) => ({ value: name, label: name }));
  const people = (part: Scope['people']) => {
    const next = { ...scope.people, ...part };
    const said = (next.in?.length ?? 0) + (next.not_in?.length ?? 0) > 0;
    change({ people: said ? next : undefined } as Scope);
  };
  return (
    <>
      <Select
        label="Only people of"
        value={scope.people?.in?.[0] ?? ''}
        options={[{ value: '', label: 'Everyone' }, ...names]}
        onChange={(name) => people({ in: name === '' ? [] : [name] })}
      />
      <Select
        label="Leaving out"
        value={scope.people?.not_in?.[0] ?? ''}
        options={[{ value: '', label: 'Nobody' }, ...names]}
        onChange={(name) => people({ not_in: name === '' ? [] : [name] })}
      />
      <Select
        label="Counting"
        value={scope.per ?? ''}
        options={[
          { value: '', label: 'People' },
          ...columns.map(({ value }) => ({ value, label: `Groups by ${value}` })),
        ]}
        onChange={(per) => change({ per: per || undefined } as Scope)}
      />
    </>
  );
}

/** The properties that questions can filter and split by; the others are sealed. */
export function useColumns(): Option[] {
  const properties = useQuery(ask.properties());
  return (properties.data ?? [])
    .filter((each) => each.column !== null && each.column !== false)
    .map((each) => ({ value: each.property, label: each.property }))
    .sort((a, b) => a.label.localeCompare(b.label));
}

export function PropertyField(props: {
  label: string;
  value: string | undefined;
  /** What no property means; without it one has to be chosen. */
  none?: string;
  hideLabel?: boolean;
  onChange: (property: string | undefined) => void;
}) {
  const columns = useColumns();
  const first = props.none === undefined ? [] : [{ value: '', label: props.none }];
  return (
    <Select
      label={props.label}
      hideLabel={props.hideLabel ?? false}
      value={props.value ?? ''}
      options={[...first, ...columns]}
      onChange={(value) => props.onChange(value || undefined)}
    />
  );
}

const ANY = '';

/** One event, or any. */
export function EventField(props: {
  label: string;
  value: string | null | undefined;
  events: readonly Option[];
  any?: string;
  hideLabel?: boolean;
  className?: string;
  onChange: (event: string | null) => void;
}) {
  const any = props.any === undefined ? [] : [{ value: ANY, label: props.any }];
  return (
    <Select
      label={props.label}
      hideLabel={props.hideLabel ?? false}
      value={props.value ?? ANY}
      options={[...any, ...props.events]}
      className={props.className ?? 'sm:max-w-[15rem]'}
      onChange={(value) => props.onChange(value === ANY ? null : value)}
    />
  );
}

export const INTERVALS = [
  { value: 'hour', label: 'Hour' },
  { value: 'day', label: 'Day' },
  { value: 'week', label: 'Week' },
  { value: 'month', label: 'Month' },
] as const;

export function AddButton({ onClick, children }: { onClick: () => void; children: ReactNode }) {
  return (
    <button type="button" className="press px-3" onClick={onClick}>
      <Icon name="plus" size={13} />
      {children}
    </button>
  );
}

export function IconButton(props: {
  name: IconName;
  label: string;
  disabled?: boolean;
  onClick: () => void;
}) {
  return (
    <button
      type="button"
      className="press press-quiet min-h-8 px-2"
      aria-label={props.label}
      title={props.label}
      disabled={props.disabled}
      onClick={props.onClick}
    >
      <Icon name={props.name} size={13} />
    </button>
  );
}

/** What a question may say but need not. Open when it says some of it. */
export function More({ open, children }: { open: boolean; children: ReactNode }) {
  return (
    <details className="mt-4 border-t border-line pt-3" open={open}>
      <summary className="flex w-fit items-center gap-1.5 text-sm font-medium text-soft
        hover:text-ink">
        <span className="turns">
          <Icon name="chevron" size={12} />
        </span>
        More to ask
      </summary>
      <div className="fields mt-3">{children}</div>
    </details>
  );
}
