// The filters over all tiles of a dashboard: its own, and those that the address lays over them.

import type { Condition, Filters } from '../api/wire';
import { one, type Search } from '../frame/search';
import { Select } from '../parts/field';
import { usePurposeOptions } from '../parts/chips';
import { flatten, unflatten } from './codec';
import { inWords } from './conditions';
import { IconButton, PeriodFields } from './fields';
import { LASTS, periodFields, periodWords, readPeriod, readZone, type Period } from './period';
import { Where } from './where';

export function FilterBar(props: {
  search: Search;
  period: Period;
  /** What is kept with the dashboard. */
  own: Filters;
  /** What the address says. */
  over: Filters;
  /** Both together. */
  filters: Filters;
  set: (change: Search) => void;
  onKeep: (filters: Filters) => void;
}) {
  const { search, period, own, over, set } = props;
  const purposes = usePurposeOptions();
  const keptPurpose = purposes.find((each) => each.value === own.purpose)?.label;
  const ownPeriod = own.from === undefined ? 'As each tile says' : keptPeriod(own);
  const changeWhere = (where: Condition[] | undefined) =>
    set({
      ...Object.fromEntries(
        Object.keys(search)
          .filter((name) => name.startsWith('filter.'))
          .map((name) => [name, undefined]),
      ),
      ...flatten({ where: where ?? [] }, 'filter.'),
    });
  return (
    <section aria-label="Filters" className="mb-4 flex flex-wrap items-end gap-x-4 gap-y-3">
      {period.last === 'own' ? (
        <Select
          label="Period"
          value="own"
          options={[
            { value: 'own', label: ownPeriod },
            ...LASTS.map(({ value, label }) => ({ value, label })),
          ]}
          onChange={(last) => set({ last })}
        />
      ) : (
        <>
          <PeriodFields period={period} zone={readZone(one(search, 'zone'))} set={set} />
          <button type="button" className="press press-quiet px-2"
            onClick={() => set({ last: undefined, from: undefined, to: undefined })}>
            {ownPeriod}
          </button>
        </>
      )}
      <Select
        label="For purpose"
        value={over.purpose ?? ''}
        options={[{ value: '', label: keptPurpose ?? 'As each tile says' }, ...purposes]}
        onChange={(purpose) => set({ purpose: purpose || undefined })}
      />
      {(own.where ?? []).map((condition, index) => (
        <span key={index} className="chip min-h-9 pr-0.5">
          {inWords(condition)}
          <IconButton
            name="close"
            label={`No longer only where ${inWords(condition)}`}
            onClick={() =>
              props.onKeep({ ...own, where: own.where?.filter((_, at) => at !== index) ?? [] })
            }
          />
        </span>
      ))}
      <Where where={begun(search)} of="All tiles"
        purpose={props.filters.purpose ?? 'measure'} onChange={changeWhere} />
      {Object.keys(over).length > 0 && (
        <button type="button" className="press" onClick={() => props.onKeep(props.filters)}>
          Keep these filters
        </button>
      )}
    </section>
  );
}

/** As the address has them: one that is only begun is not yet among the filters. */
const begun = (search: Search) =>
  unflatten(search, 'filter.')['where'] as unknown as Condition[] | undefined;

function keptPeriod(own: Filters): string {
  const { last, from, to } = periodFields(own.from, own.to, '') as Partial<Period>;
  return periodWords(readPeriod({ last, from, to }, own.from ?? ''));
}
