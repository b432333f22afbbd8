// SQL over what a purpose may see: an editor that knows the schema, and the rows it answers with.

import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { lazy, Suspense, useRef, useState } from 'react';
import * as ask from '../api/ask';
import type { SqlAnswer, SqlSchema } from '../api/wire';
import { one, type Search } from '../frame/search';
import { usePurposeOptions } from '../parts/chips';
import { Select, Text } from '../parts/field';
import { count } from '../parts/format';
import { Icon } from '../parts/icons';
import { Empty, Failure, PageHead } from '../parts/page';
import { Footer } from './answer';
import { ExportMenu } from './export';
import { KeepMenu } from './keep-question';
import { LASTS, periodWords, range, readPeriod, readZone } from './period';
import { Progress } from './progress';
import type { EditorHandle } from './sql-editor';
import { SqlRows, written } from './sql-rows';

const LIMITS = [100, 1_000, 10_000].map((each) => ({
  value: String(each),
  label: `${count(each)} rows`,
}));

// The editor is as large as the rest of the console: the page does not wait for it.
const SqlEditor = lazy(() => import('./sql-editor'));

/** The period while the address says none. */
const ALWAYS = 'always';

const EXAMPLES = [
  {
    title: 'Events by name',
    text: 'select event, count(*) as times\nfrom events\ngroup by event\norder by times desc',
  },
  {
    title: 'People by day',
    text:
      "select date_trunc('day', time) as day, count(distinct person) as people\n" +
      'from events\ngroup by day\norder by day',
  },
  {
    title: 'How often people come',
    text:
      'select days, count(*) as people\nfrom (\n' +
      "  select person, count(distinct date_trunc('day', time)) as days\n" +
      '  from events\n  group by person\n) as each_person\ngroup by days\norder by days',
  },
];

export default function SqlPage() {
  const search = useSearch({ strict: false }) as Search;
  const navigate = useNavigate();
  const text = one(search, 'ask') ?? '';
  const purpose = one(search, 'purpose') ?? 'measure';
  const limit = Number(one(search, 'limit') ?? 1_000) || 1_000;
  const find = (name: string) => one(search, name);
  const period = readPeriod({ last: find('last'), from: find('from'), to: find('to') }, ALWAYS);
  const saved = useQuery({ ...ask.questions(), enabled: find('saved') !== undefined });
  const own = saved.data?.find((each) => each.id === find('saved'));
  const [draft, setDraft] = useState(text);
  const editor = useRef<EditorHandle>(null);
  const schema = useQuery(ask.sqlSchema(purpose));
  const purposes = usePurposeOptions();
  const plan = {
    purpose,
    sql: text,
    limit,
    ...(period.last === ALWAYS ? {} : { ...range(period), zone: readZone(find('zone')) }),
  };
  const query = ask.sql(plan, text.trim() !== '');
  const result = useQuery(query);
  const set = (change: Search, replace = true) =>
    void navigate({ to: '/sql', search: { ...search, ...change }, replace });
  // The editor may still be on its way; it begins with the draft.
  const take = (sql: string) => (editor.current ? editor.current.replace(sql) : setDraft(sql));
  const run = () => {
    if (draft === text) void result.refetch();
    else set({ ask: draft }, false);
  };
  return (
    <>
      <PageHead
        title={own?.name ?? 'SQL'}
        lead="One select over what the purpose may see. What it may not see is not there."
      />
      <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,1fr)_16rem]">
        <div className="min-w-0">
          <section className="card mb-5" aria-label="Question">
            <Suspense fallback={<div className="h-[10.5rem]" />}>
              <SqlEditor handle={editor} initial={draft} schema={schema.data} onChange={setDraft}
                onRun={run} />
            </Suspense>
            <div className="flex flex-wrap items-end gap-3 border-t border-line px-4 py-3">
              <button type="button" className="press press-first" disabled={draft.trim() === ''}
                onClick={run}>
                <Icon name="play" size={12} />
                Ask
                <kbd className="font-sans text-xs opacity-80">Ctrl ↵</kbd>
              </button>
              <Select label="For purpose" hideLabel value={purpose} options={purposes}
                onChange={(value) => set({ purpose: value })} />
              <Select label="Time" hideLabel value={period.last}
                options={[
                  { value: ALWAYS, label: 'All of time' },
                  ...LASTS,
                  ...(period.last === '' ? [{ value: '', label: periodWords(period) }] : []),
                ]}
                onChange={(last) => set({ last, from: undefined, to: undefined })} />
              <Select label="At most" hideLabel value={String(limit)} options={LIMITS}
                onChange={(value) => set({ limit: value })} />
            </div>
          </section>
          <section className="card" aria-label="Answer" aria-busy={result.isFetching}>
            <Progress queryKey={query.queryKey} />
            {text.trim() === '' && <Examples onTake={take} />}
            {result.error && (
              <Failure error={result.error} retry={() => void result.refetch()} />
            )}
            {result.data && !result.error && text.trim() !== '' && (
              <Rows answer={result.data} plan={plan} isStale={result.isPlaceholderData}
                title={own?.name ?? 'SQL'} saved={find('saved')}
                again={() => void result.refetch()} />
            )}
          </section>
        </div>
        <Schema schema={schema.data} error={schema.error}
          onTake={(name) => editor.current?.insert(name)} />
      </div>
    </>
  );
}

function Examples({ onTake }: { onTake: (sql: string) => void }) {
  return (
    <Empty
      title="Ask anything that one select can say"
      action={
        <div className="flex flex-wrap justify-center gap-2">
          {EXAMPLES.map((each) => (
            <button key={each.title} type="button" className="press"
              onClick={() => onTake(each.text)}>
              {each.title}
            </button>
          ))}
        </div>
      }
    >
      Rows and values that the purpose may not see are left out before your text is read, so no
      condition can find them. Begin with one of these.
    </Empty>
  );
}

function Rows(props: {
  answer: SqlAnswer;
  plan: { purpose: string; sql: string };
  isStale: boolean;
  title: string;
  saved: string | undefined;
  again: () => void;
}) {
  const { answer } = props;
  const [failure, setFailure] = useState<unknown>(null);
  return (
    <>
      <div className="flex flex-wrap items-center justify-between gap-3 px-5 pt-4 pb-3">
        <p role="status" className="font-medium">
          {count(answer.rows.length)} {answer.rows.length === 1 ? 'row' : 'rows'}
          {answer.truncated && (
            <span className="ml-2 chip bg-warn-soft text-warn">
              cut at the limit: there are more
            </span>
          )}
        </p>
        <div className="flex flex-wrap items-center gap-2">
          <ExportMenu path="api/query/sql" plan={props.plan} name="answer" onError={setFailure} />
          <KeepMenu asked={{ kind: 'sql', question: { ...props.plan } }} saved={props.saved}
            title={props.title} />
        </div>
      </div>
      {failure !== null && <Failure error={failure} />}
      <div
        className={`max-h-[36rem] overflow-auto border-t border-line ${
          props.isStale ? 'opacity-55' : ''
        }`}
        tabIndex={0}
        role="region"
        aria-label="Rows"
      >
        <SqlRows answer={answer} />
      </div>
      <Footer answer={answer} again={props.again} />
    </>
  );
}

function Schema(props: {
  schema: SqlSchema | undefined;
  error: unknown;
  onTake: (name: string) => void;
}) {
  return (
    <section className="card overflow-hidden" aria-label="Tables and columns">
      <h2 className="px-4 pt-3 pb-1 font-semibold">Tables</h2>
      {props.error !== null && <Failure error={props.error} />}
      {(props.schema?.tables ?? []).map((table, index) => (
        <details key={table.name} open={index === 0} className="border-t border-line">
          <summary className="flex min-h-9 items-center gap-2 px-4 py-1.5 text-sm hover:bg-sunken">
            <span className="turns text-soft">
              <Icon name="chevron" size={11} />
            </span>
            <span className="font-mono text-[0.8125rem] font-semibold">{table.name}</span>
          </summary>
          <p className="px-4 pb-1 text-xs text-soft">{table.about}</p>
          <Columns columns={table.columns} onTake={props.onTake} />
        </details>
      ))}
    </section>
  );
}

/** Columns that are listed at once; the others are found by their name. */
const LISTED = 24;

function Columns(props: {
  columns: SqlSchema['tables'][number]['columns'];
  onTake: (name: string) => void;
}) {
  const [part, setPart] = useState('');
  const wanted = part.trim().toLowerCase();
  const found = props.columns.filter((column) => column.name.toLowerCase().includes(wanted));
  return (
    <>
      {props.columns.length > LISTED && (
        <div className="px-4 pt-1 pb-2">
          <Text label="Find a column" hideLabel type="search" value={part}
            placeholder={`Find one of ${count(props.columns.length)} columns`}
            onChange={setPart} />
        </div>
      )}
      <ul className="pb-2">
        {found.slice(0, LISTED).map((column) => (
          <li key={column.name}>
            <button
              type="button"
              title={`${column.about}. Press to write it.`}
              className="flex min-h-7 w-full items-baseline justify-between gap-3 px-4
                text-left hover:bg-sunken"
              onClick={() => props.onTake(written(column.name))}
            >
              <span className="truncate font-mono text-[0.8125rem]">{column.name}</span>
              <span className="shrink-0 text-xs text-soft">{column.type}</span>
            </button>
          </li>
        ))}
      </ul>
      {found.length > LISTED && (
        <p className="px-4 pb-3 text-xs text-soft">
          {count(found.length - LISTED)} more: type a part of the name.
        </p>
      )}
    </>
  );
}
