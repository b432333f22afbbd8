// Events as they arrive: kept ones with what they may be used for, and every verdict of the gate.

import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { among, one } from '../frame/search';
import * as ask from '../api/ask';
import { usePurposeOptions } from '../parts/chips';
import { Choice, Select, Text } from '../parts/field';
import { PageHead } from '../parts/page';
import { KeptList } from './kept';
import { VerdictList } from './verdicts';

export interface LiveSearch {
  show: 'kept' | 'verdicts';
  purpose: string;
  find: string;
  source: string;
}

export default function Events() {
  const search = useSearch({ strict: false });
  const navigate = useNavigate();
  const sources = useQuery(ask.sources());
  const purposes = usePurposeOptions();
  const view: LiveSearch = {
    show: among(one(search, 'show'), ['kept', 'verdicts']),
    purpose: one(search, 'purpose') ?? 'analyse',
    find: one(search, 'find') ?? '',
    source: one(search, 'source') ?? '',
  };
  const set = (change: Partial<LiveSearch>) =>
    void navigate({ to: '/events', search: { ...view, ...change }, replace: true });
  return (
    <>
      <PageHead
        title="Live events"
        lead={
          view.show === 'kept'
            ? 'What was kept, as it arrives, seen for one purpose.'
            : 'What the gate decided about each event. A refusal shows no payload: none was kept.'
        }
      >
        <Choice
          label="Show"
          hideLabel
          value={view.show}
          options={[
            { value: 'kept', label: 'Kept' },
            { value: 'verdicts', label: 'Verdicts' },
          ]}
          onChange={(show) => set({ show })}
        />
      </PageHead>
      <div className="mb-4 grid grid-cols-1 items-end gap-3 sm:grid-cols-3">
        {view.show === 'kept' ? (
          <Select
            label="For purpose"
            value={view.purpose}
            options={purposes}
            onChange={(purpose) => set({ purpose })}
          />
        ) : null}
        <Select
          label="Source"
          value={view.source}
          options={[
            { value: '', label: 'All sources' },
            ...(sources.data ?? []).map((each) => ({ value: each.name, label: each.name })),
          ]}
          onChange={(source) => set({ source })}
        />
        <Text
          label="Filter"
          type="search"
          placeholder={view.show === 'kept' ? 'Event, person or value' : 'Outcome or code'}
          value={view.find}
          onChange={(find) => set({ find })}
        />
      </div>
      {view.show === 'kept' ? <KeptList view={view} /> : <VerdictList view={view} />}
    </>
  );
}
