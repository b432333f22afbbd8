// The filters over all tiles of a dashboard. The address holds them; they can be kept with it.

import type { Dashboard, Filters } from '../api/wire';
import { one, type Search } from '../frame/search';
import { Select } from '../parts/field';
import { usePurposeOptions } from '../parts/chips';
import { flatten } from './codec';
import { PeriodFields } from './fields';
import { LASTS, readZone, type Period } from './period';
import { Where } from './where';

export function FilterBar(props: {
  board: Dashboard;
  search: Search;
  period: Period;
  filters: Filters;
  set: (change: Search) => void;
  onKeep: () => void;
}) {
  const { search, period, filters, set } = props;
  const purposes = usePurposeOptions();
  const isOwn = period.last === 'own';
  const differs = JSON.stringify(filters) !== JSON.stringify(props.board.filters ?? {});
  const own = filters.from === undefined ? 'As each tile says' : 'As the dashboard says';
  return (
    <section aria-label="Filters" className="mb-4 flex flex-wrap items-end gap-x-4 gap-y-3">
      {isOwn ? (
        <Select
          label="Period"
          value="own"
          options={[
            { value: 'own', label: own },
            ...LASTS.map(({ value, label }) => ({ value, label })),
          ]}
          onChange={(last) => set({ last })}
        />
      ) : (
        <>
          <PeriodFields period={period} zone={readZone(one(search, 'zone'))} set={set} />
          <button type="button" className="press press-quiet px-2"
            onClick={() => set({ last: undefined, from: undefined, to: undefined })}>
            {own}
          </button>
        </>
      )}
      <Select
        label="For purpose"
        value={filters.purpose ?? ''}
        options={[{ value: '', label: 'As each tile says' }, ...purposes]}
        onChange={(purpose) => set({ purpose: purpose || undefined })}
      />
      <Where
        where={filters.where}
        of="All tiles"
        purpose={filters.purpose ?? 'measure'}
        onChange={(where) =>
          set({
            ...Object.fromEntries(
              Object.keys(search)
                .filter((name) => name.startsWith('filter.'))
                .map((name) => [name, undefined]),
            ),
            ...flatten({ where: where ?? [] }, 'filter.'),
          })
        }
      />
      {differs && (
        <button type="button" className="press" onClick={props.onKeep}>
          Keep these filters
        </button>
      )}
    </section>
  );
}
