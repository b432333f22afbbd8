// What all insights share: the period and the purpose of the question, and the frame of the answer
// (sentence, chart or table, and the line that says what was read).

import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useId, useState, type ReactNode } from 'react';
import * as ask from '../api/ask';
import type { Answer } from '../api/wire';
import { one, type Search } from '../frame/search';
import { usePurposeOptions } from '../parts/chips';
import { Choice, Select, Text } from '../parts/field';
import { bytes, clockTime, count, dayOf, duration, sentence } from '../parts/format';
import { Failure, Waiting } from '../parts/page';
import { daysOf, LASTS, readPeriod, readZone } from './period';

type InsightPath =
  | '/insights/trend'
  | '/insights/funnel'
  | '/insights/retention'
  | '/insights/cohort';

/** The address of an insight: its fields, and how to change some of them. */
export function useAddress(path: InsightPath, standardPurpose: string, standardLast = '30d') {
  const search = useSearch({ strict: false }) as Search;
  const navigate = useNavigate();
  const find = (name: string) => one(search, name);
  const period = readPeriod(
    { last: find('last'), from: find('from'), to: find('to') },
    standardLast,
  );
  const set = (change: Search) =>
    void navigate({ to: path, search: { ...search, ...change }, replace: true });
  return {
    search,
    set,
    period,
    zone: readZone(find('zone')),
    purpose: find('purpose') ?? standardPurpose,
    view: find('view') === 'table' ? ('table' as const) : ('chart' as const),
  };
}

export type Address = ReturnType<typeof useAddress>;

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

/** In the address a filter is `plan~pro`; several values are divided by commas. */
export function readWhere(search: Search) {
  const found = /^([^~]+)~(.+)$/.exec(one(search, 'where') ?? '');
  if (!found) return undefined;
  const is = (found[2] ?? '').split(',').map((each) => each.trim()).filter((each) => each !== '');
  return is.length === 0 ? undefined : [{ property: found[1] ?? '', is }];
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

export function useEventOptions(purpose: string) {
  const catalogue = useQuery(ask.catalogueEvents(purpose));
  const options = (catalogue.data ?? []).map((each) => ({
    value: each.event,
    label: `${each.event} (${count(each.count)})`,
  }));
  return { options, pending: catalogue.isPending, error: catalogue.error };
}

/** The answer's frame. `chart` and `table` are twins: the same numbers, two ways to read them. */
export function AnswerFrame<A extends Answer>(props: {
  title: string;
  result: UseQueryResult<A>;
  address: Address;
  isEmpty: (answer: A) => boolean;
  empty: ReactNode;
  chart: (answer: A) => ReactNode;
  table: (answer: A) => ReactNode;
  single?: boolean;
}) {
  const { result, address } = props;
  const answer = result.data;
  const id = useId();
  return (
    <section
      className="card overflow-hidden"
      aria-label={props.title}
      aria-busy={result.isFetching}
    >
      {result.error && <Failure error={result.error} retry={() => void result.refetch()} />}
      {!answer && result.isFetching && <Waiting label="Reading" />}
      {answer && !result.error && (
        <>
          <figure
            aria-labelledby={`${id}-sentence`}
            className={result.isPlaceholderData ? 'opacity-55 transition-opacity delay-300' : ''}
          >
            <div className="flex flex-wrap items-start justify-between gap-x-6 gap-y-3 px-5 pt-5">
              <figcaption
                id={`${id}-sentence`}
                className="max-w-[62ch] text-[1.0625rem] leading-snug font-medium text-pretty"
              >
                <span role="status">{sentence(answer.sentence)}</span>
              </figcaption>
              {!props.single && !props.isEmpty(answer) && (
                <Choice
                  label="Show as"
                  hideLabel
                  value={address.view}
                  options={[
                    { value: 'chart', label: 'Chart' },
                    { value: 'table', label: 'Table' },
                  ]}
                  onChange={(view) =>
                    address.set({ view: view === 'table' ? 'table' : undefined })
                  }
                />
              )}
            </div>
            {props.isEmpty(answer)
              ? props.empty
              : address.view === 'table' && !props.single
                ? props.table(answer)
                : props.chart(answer)}
          </figure>
          <Footer answer={answer} again={() => void result.refetch()} />
        </>
      )}
    </section>
  );
}

function Footer({ answer, again }: { answer: Answer; again: () => void }) {
  const { scanned } = answer;
  const today = dayOf(answer.as_of) === dayOf(new Date().toISOString());
  return (
    <footer className="flex flex-wrap items-center gap-x-2 gap-y-1 border-t border-line px-5 py-2
      text-[0.8125rem] text-soft tabular-nums">
      <span>{count(scanned.rows)} rows scanned</span>
      <span aria-hidden="true">·</span>
      <span title={`${count(scanned.files)} files, ${bytes(scanned.bytes)}`}>
        {duration(scanned.seconds)}
      </span>
      <span aria-hidden="true">·</span>
      <span>
        as of {today ? '' : `${dayOf(answer.as_of)}, `}
        {clockTime(answer.as_of)}
      </span>
      <span aria-hidden="true">·</span>
      <span>for purpose {answer.purpose}</span>
      <button type="button" className="press press-quiet ml-auto min-h-7 px-2 text-xs"
        onClick={again}>
        Ask again
      </button>
    </footer>
  );
}
