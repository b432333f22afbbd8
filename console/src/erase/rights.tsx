// A person's rights: to be forgotten, and to take their data along. Asks before it erases.

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { useState, type FormEvent } from 'react';
import * as ask from '../api/ask';
import { post, send } from '../api/request';
import type { Erasure } from '../api/wire';
import { one } from '../frame/search';
import { Dialog } from '../parts/dialog';
import { usePurposeOptions } from '../parts/chips';
import { Select, Text } from '../parts/field';
import { count, dateTime, plural } from '../parts/format';
import { Icon } from '../parts/icons';
import { Empty, Failure, PageHead, Section, Waiting } from '../parts/page';
import { saveBlob } from '../parts/save';

type IdKind = 'user_id' | 'device_id' | 'person';
interface Who {
  kind: IdKind;
  id: string;
}

const KINDS = [
  { value: 'user_id', label: 'User id' },
  { value: 'device_id', label: 'Device id' },
  { value: 'person', label: 'Person number' },
];

export default function Rights() {
  const named = one(useSearch({ strict: false }), 'person');
  const [who, setWho] = useState<Who>(
    named ? { kind: 'person', id: named } : { kind: 'user_id', id: '' },
  );
  return (
    <>
      <PageHead
        title="Rights"
        lead="Give a person their data, or forget them. Both leave a fact in the ledger."
      />
      <Section title="A person" lead="The id is used for this request only; it is not stored.">
        <div className="flex flex-wrap items-end gap-3 px-5 pb-5">
          <Select
            label="Known by"
            value={who.kind}
            options={KINDS}
            onChange={(kind) => setWho({ ...who, kind: kind as IdKind })}
          />
          <Text
            label="Id"
            value={who.id}
            className="min-w-[14rem] flex-1 sm:max-w-[24rem]"
            onChange={(id) => setWho({ ...who, id })}
          />
        </div>
        <div className="grid border-t border-line md:grid-cols-2 md:divide-x md:divide-line">
          <TakeAway who={who} />
          <Erase who={who} />
        </div>
      </Section>
      <Erasures />
    </>
  );
}

const body = (who: Who) => ({ [who.kind]: who.id.trim() });

function TakeAway({ who }: { who: Who }) {
  const purposes = usePurposeOptions();
  const [purpose, setPurpose] = useState('analyse');
  const take = useMutation({
    mutationFn: async () => {
      const response = await send('POST', 'api/people/export', { ...body(who), purpose });
      const lines = await response.text();
      saveBlob(new Blob([lines], { type: 'application/x-ndjson' }), 'person.jsonl');
      return lines.split('\n').filter((line) => line.trim() !== '').length;
    },
  });
  return (
    <div className="px-5 py-4">
      <h3 className="font-medium">Take away</h3>
      <p className="mt-0.5 text-sm text-soft">
        Every event of this person that the purpose may see, one JSON object a line.
      </p>
      <div className="mt-3 flex flex-wrap items-end gap-3">
        <Select
          label="For purpose"
          value={purpose}
          options={purposes}
          onChange={setPurpose}
        />
        <button
          type="button"
          className="press"
          disabled={who.id.trim() === '' || take.isPending}
          onClick={() => take.mutate()}
        >
          Download
        </button>
      </div>
      {take.data !== undefined && (
        <p role="status" className="mt-3 text-sm">{plural(take.data, 'line')} downloaded.</p>
      )}
      {take.error && <Failure error={take.error} />}
    </div>
  );
}

function Erase({ who }: { who: Who }) {
  const client = useQueryClient();
  const [asking, setAsking] = useState(false);
  const erase = useMutation({
    mutationFn: () => post<Erasure>('api/people/erase', body(who)),
    onSettled: () => {
      setAsking(false);
      void client.invalidateQueries();
    },
  });
  return (
    <div className="border-t border-line px-5 py-4 md:border-t-0">
      <h3 className="font-medium">Erase</h3>
      <p className="mt-0.5 text-sm text-soft">
        Gone from every answer at once. Their key is destroyed, their rows are rewritten, and late
        copies are refused.
      </p>
      <button
        type="button"
        className="press press-grave mt-3"
        disabled={who.id.trim() === '' || erase.isPending}
        onClick={() => setAsking(true)}
      >
        Erase this person
      </button>
      {erase.data && <Receipt erasure={erase.data} />}
      {erase.error && <Failure error={erase.error} />}
      <Dialog title="Erase this person?" open={asking} onClose={() => setAsking(false)}>
        <Confirm who={who} busy={erase.isPending} onYes={() => erase.mutate()} />
      </Dialog>
    </div>
  );
}

function Confirm({ who, busy, onYes }: { who: Who; busy: boolean; onYes: () => void }) {
  const [typed, setTyped] = useState('');
  const same = typed.trim() === who.id.trim();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (same) onYes();
  };
  return (
    <form className="flex flex-col gap-4 px-5 pb-5" onSubmit={submit}>
      <p className="text-sm">
        This cannot be undone, not even from a backup. To go on, type{' '}
        <b className="font-mono text-[0.8125rem] break-words">{who.id.trim()}</b>.
      </p>
      <Text label="The same id again" value={typed} onChange={setTyped} />
      <button type="submit" className="press press-grave self-start" disabled={!same || busy}>
        Erase for good
      </button>
    </form>
  );
}

function Receipt({ erasure }: { erasure: Erasure }) {
  return (
    <div role="status" className="mt-3 rounded-lg bg-accent-soft p-3 text-sm text-accent-text">
      <p className="flex items-center gap-2 font-semibold">
        <Icon name="check" />
        Invisible from now on
      </p>
      <p className="mt-1">
        Erasure <code className="font-mono text-[0.8125rem]">{erasure.erasure}</code>:{' '}
        {plural(erasure.leaves ?? 0, 'identity', 'identities')},{' '}
        {plural(erasure.keys_destroyed ?? 0, 'key')} destroyed,{' '}
        {plural(erasure.files_to_rewrite ?? 0, 'file')} to rewrite. State: {erasure.state}.
      </p>
    </div>
  );
}

function Erasures() {
  const erasures = useQuery({ ...ask.erasures(), refetchInterval: 5_000 });
  return (
    <Section title="Erasures" lead="Each one, and how far its plan was carried out.">
      {erasures.isPending && <Waiting label="Reading the erasures" />}
      {erasures.error && (
        <Failure error={erasures.error} retry={() => void erasures.refetch()} />
      )}
      {erasures.data?.length === 0 && (
        <Empty title="Nobody was erased yet">
          An erasure is listed here without the person: only that it happened, and its state.
        </Empty>
      )}
      {erasures.data && erasures.data.length > 0 && (
        <div className="overflow-x-auto" tabIndex={0} role="region" aria-label="Erasures">
          <table className="grid-table">
            <thead>
              <tr>
                <th scope="col" className="pl-5">Erasure</th>
                <th scope="col">State</th>
                <th scope="col">Asked</th>
                <th scope="col" className="number">Identities</th>
                <th scope="col" className="number">Keys destroyed</th>
                <th scope="col" className="number pr-5">Files to rewrite</th>
              </tr>
            </thead>
            <tbody>
              {erasures.data.map((each) => (
                <tr key={each.erasure}>
                  <th scope="row" className="pl-5 font-mono text-[0.8125rem] font-normal">
                    {each.erasure}
                  </th>
                  <td>{each.state}</td>
                  <td className="whitespace-nowrap">{dateTime(each.time ?? each.asked)}</td>
                  <td className="number">{count(each.leaves ?? 0)}</td>
                  <td className="number">{count(each.keys_destroyed ?? 0)}</td>
                  <td className="number pr-5">{count(each.files_to_rewrite ?? 0)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Section>
  );
}
