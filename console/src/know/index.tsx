// Every kind of question by what it answers, and the questions that somebody kept.

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import * as ask from '../api/ask';
import { remove } from '../api/request';
import type { SavedQuestion } from '../api/wire';
import { ago } from '../parts/format';
import { Menu } from '../parts/menu';
import { Empty, Failure, PageHead, Section, Waiting } from '../parts/page';
import { Cohorts } from './cohorts';
import { Glyph } from './glyph';
import { KINDS, kindTitle } from './kinds';
import { linkTo } from './link';

export default function Insights() {
  return (
    <>
      <PageHead
        title="Insights"
        lead="Ask a question. Each answer says in a sentence what it found, and what it read."
      />
      <ul className="mb-6 grid gap-3 sm:grid-cols-2 xl:grid-cols-3">
        {KINDS.map((kind) => (
          <li key={kind.name}>
            <Link
              to={`/insights/${kind.name}` as '/insights'}
              className="card flex h-full items-center gap-4 p-4 transition-colors
                hover:border-edge"
            >
              <Glyph kind={kind.name} />
              <span className="min-w-0">
                <span className="block font-semibold">{kind.title}</span>
                <span className="mt-0.5 block text-sm text-soft">{kind.asks}</span>
              </span>
            </Link>
          </li>
        ))}
        <li>
          <Link to="/sql" className="card flex h-full items-center gap-4 p-4 transition-colors
            hover:border-edge">
            <code aria-hidden="true" className="w-28 shrink-0 text-center font-mono text-lg
              font-semibold text-accent-text">
              select
            </code>
            <span className="min-w-0">
              <span className="block font-semibold">SQL</span>
              <span className="mt-0.5 block text-sm text-soft">
                Anything else, over what the purpose may see.
              </span>
            </span>
          </Link>
        </li>
      </ul>
      <Kept />
      <Cohorts />
    </>
  );
}

function Kept() {
  const questions = useQuery(ask.questions());
  return (
    <Section title="Saved questions" lead="Whoever opens one is judged anew.">
      {questions.isPending && <Waiting label="Reading the saved questions" />}
      {questions.error && (
        <Failure error={questions.error} retry={() => void questions.refetch()} />
      )}
      {questions.data?.length === 0 && (
        <Empty title="No question is saved yet">
          Ask one, and choose <b>Keep</b> beside its answer. It is then found here, in the search,
          and on dashboards.
        </Empty>
      )}
      {questions.data && questions.data.length > 0 && (
        <ul className="border-t border-line">
          {questions.data.map((each) => (
            <Line key={each.id} question={each} />
          ))}
        </ul>
      )}
    </Section>
  );
}

function Line({ question }: { question: SavedQuestion }) {
  const client = useQueryClient();
  const link = linkTo(question, question.id);
  const drop = useMutation({
    mutationFn: () => remove(`api/questions/${encodeURIComponent(question.id)}`),
    onSuccess: () => client.invalidateQueries({ queryKey: ['questions'] }),
  });
  return (
    <li className="flex items-center gap-3 border-b border-line px-5 py-1 last:border-b-0">
      {link ? (
        <Link {...link} className="min-w-0 flex-1 py-2 hover:text-accent-text">
          <span className="block truncate font-medium">{question.name}</span>
          <span className="block truncate text-sm text-soft">
            {kindTitle(question.kind)}, changed {ago(question.changed, Date.now())}
          </span>
        </Link>
      ) : (
        <span className="flex-1 py-2">{question.name}</span>
      )}
      <Menu
        label={`More about ${question.name}`}
        icon="more"
        actions={[{ label: 'Delete', icon: 'close', grave: true, run: () => drop.mutate() }]}
      />
      {drop.error && <Failure error={drop.error} />}
    </li>
  );
}
