// The cohorts that were saved: people by what they did, which is asked anew each time, or people from
// a list that somebody brought.

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useId, useState, type FormEvent } from 'react';
import * as ask from '../api/ask';
import { post, put, remove } from '../api/request';
import type { Cohort } from '../api/wire';
import { Dialog } from '../parts/dialog';
import { Choice, Text } from '../parts/field';
import { ago, count } from '../parts/format';
import { Menu } from '../parts/menu';
import { Empty, Failure, Section, Waiting } from '../parts/page';
import { linkTo } from './link';

export function Cohorts() {
  const cohorts = useQuery(ask.cohorts());
  const [list, setList] = useState<'new' | Cohort>();
  return (
    <>
      <Section
        title="Cohorts"
        lead="People under a name. Any question can be narrowed to them, under “More to ask”."
        action={
          <button type="button" className="press" onClick={() => setList('new')}>
            Bring a list
          </button>
        }
      >
        {cohorts.isPending && <Waiting label="Reading the cohorts" />}
        {cohorts.error && <Failure error={cohorts.error} retry={() => void cohorts.refetch()} />}
        {cohorts.data?.length === 0 && (
          <Empty title="No cohort is saved yet">
            Say under{' '}
            <Link to={'/insights/cohort' as '/insights'} className="underline">Cohort</Link> what
            people did and save it, or bring a list of their ids.
          </Empty>
        )}
        {cohorts.data && cohorts.data.length > 0 && (
          <ul className="border-t border-line">
            {cohorts.data.map((each) => (
              <Line key={each.id} cohort={each} onList={() => setList(each)} />
            ))}
          </ul>
        )}
      </Section>
      <Dialog
        title={typeof list === 'object' ? `Who is in ${list.name}` : 'Bring a list'}
        open={list !== undefined}
        onClose={() => setList(undefined)}
      >
        {list && (
          <ListForm cohort={list === 'new' ? undefined : list} onDone={() => setList(undefined)} />
        )}
      </Dialog>
    </>
  );
}

function Line({ cohort, onList }: { cohort: Cohort; onList: () => void }) {
  const client = useQueryClient();
  const drop = useMutation({
    mutationFn: () => remove(`api/cohorts/${encodeURIComponent(cohort.id)}`),
    onSuccess: () => client.invalidateQueries({ queryKey: ['cohorts'] }),
  });
  const { rule } = cohort;
  const isList = rule.kind === 'list';
  const link = isList ? undefined : linkTo({ kind: 'cohort', question: rule.question });
  const how = isList ? 'A list' : 'By what they did';
  const words = (
    <>
      <span className="block truncate font-medium">{cohort.name}</span>
      <span className="block truncate text-sm text-soft">
        {how}, changed {ago(cohort.changed, Date.now())}
      </span>
    </>
  );
  return (
    <li className="flex items-center gap-3 border-b border-line px-5 py-1 last:border-b-0">
      {link ? (
        <Link {...link} className="min-w-0 flex-1 py-2 hover:text-accent-text">{words}</Link>
      ) : (
        <span className="min-w-0 flex-1 py-2">{words}</span>
      )}
      <Menu
        label={`More about ${cohort.name}`}
        icon="more"
        actions={[
          ...(isList ? [{ label: 'Replace the list', run: onList }] : []),
          { label: 'Delete', icon: 'close', grave: true, run: () => drop.mutate() },
        ]}
      />
      {drop.error && <Failure error={drop.error} />}
    </li>
  );
}

const SUBJECTS = [
  { value: 'user_ids', label: 'User ids' },
  { value: 'device_ids', label: 'Device ids' },
] as const;

/** The ids of a text: one on each line, or between commas. */
const idsOf = (text: string) =>
  [...new Set(text.split(/[\n,;]/).map((each) => each.trim()).filter((each) => each !== ''))];

function ListForm({ cohort, onDone }: { cohort: Cohort | undefined; onDone: () => void }) {
  const client = useQueryClient();
  const field = useId();
  const [name, setName] = useState(cohort?.name ?? '');
  const [subject, setSubject] = useState<(typeof SUBJECTS)[number]['value']>('user_ids');
  const [text, setText] = useState('');
  const [made, setMade] = useState(cohort);
  const ids = idsOf(text);
  const save = useMutation({
    mutationFn: async () => {
      const list: Cohort =
        made ?? (await post('api/cohorts', { name: name.trim(), rule: { kind: 'list' } }));
      // Should the list be refused, the next try fills the cohort that is there by now.
      setMade(list);
      await put(`api/cohorts/${encodeURIComponent(list.id)}/list`, { [subject]: ids });
    },
    onSuccess: onDone,
    onSettled: () => client.invalidateQueries({ queryKey: ['cohorts'] }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() !== '' && ids.length > 0) save.mutate();
  };
  return (
    <form className="flex flex-col gap-4 px-5 pb-5" onSubmit={submit}>
      {!cohort && <Text label="Name of the cohort" value={name} onChange={setName} required />}
      <Choice label="They are" value={subject} options={SUBJECTS} onChange={setSubject} />
      <div className="flex flex-col gap-1">
        <label htmlFor={field} className="eyebrow">Ids, one on each line</label>
        <textarea id={field} className="field min-h-40 py-2 font-mono text-[0.8125rem]"
          spellCheck={false} value={text} required
          onChange={(change) => setText(change.target.value)} />
        <input type="file" accept=".txt,.csv,text/plain,text/csv" aria-label="Or a file of them"
          className="text-sm text-soft"
          onChange={(change) => void change.target.files?.[0]?.text().then(setText)} />
      </div>
      <p className="text-sm text-soft">
        The ids become people now and are not kept: whoever is erased is gone from the list, and
        ids that nobody has are passed over.
        {cohort && ' The list replaces who was in it.'}
      </p>
      <button type="submit" className="press press-first self-start"
        disabled={save.isPending || ids.length === 0}>
        {ids.length === 0 ? 'Take the list' : `Take ${count(ids.length)}`}
      </button>
      {save.error && <Failure error={save.error} />}
    </form>
  );
}
