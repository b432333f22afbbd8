// One tile of a dashboard: a question's answer as chart, table or figure, each judged by itself.

import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { Problem } from '../api/problem';
import { ProblemError } from '../api/problem';
import type { Answer, Asked, SqlAnswer, Tile, TileAnswer } from '../api/wire';
import { clockTime, count, duration, spoken } from '../parts/format';
import { Failure, Waiting } from '../parts/page';
import type { AnyKind, Figure, Picked } from './kind';
import { KINDS, kindTitle } from './kinds';
import { linkTo } from './link';
import { onlyValue, SqlRows } from './sql-rows';

export const ROW_PX = 54;
export const GAP_PX = 12;
const HEAD_PX = 92;
const HEIGHT_MIN = 110;

export function useKind(name: string | undefined) {
  return useQuery({
    queryKey: ['kind', name],
    queryFn: async (): Promise<AnyKind> => {
      const line = KINDS.find((each) => each.name === name);
      if (!line) throw new Error(`there is no kind of question named ${name}`);
      return (await line.load()).default;
    },
    enabled: name !== undefined,
    staleTime: Infinity,
  });
}

export function TileCard(props: {
  tile: Tile;
  asked: Asked | undefined;
  answer: TileAnswer['answer'];
  problem: Problem | undefined;
  isStale: boolean;
  onPick: (picked: Picked) => void;
  /** What stands in the corner: a menu, or the handles while the grid is edited. */
  corner: ReactNode;
  saved: string | undefined;
}) {
  const { tile, asked, answer, problem } = props;
  const title = tile.title || (asked ? kindTitle(asked.kind) : 'Gone');
  const link = asked && linkTo(asked, props.saved);
  return (
    <article className="card flex h-full min-w-0 flex-col overflow-clip" aria-label={title}>
      <div className="flex items-start gap-2 pt-2.5 pr-2 pl-4">
        <h2 className="min-w-0 flex-1 pt-1 text-[0.9375rem] leading-snug font-semibold">
          {link ? (
            <Link {...link} className="hover:text-accent-text hover:underline">
              {title}
            </Link>
          ) : (
            title
          )}
        </h2>
        {props.corner}
      </div>
      <div className="min-h-0 flex-1 overflow-y-auto" tabIndex={0} role="region"
        aria-label={`${title}: answer`}>
        {problem && <Failure error={new ProblemError(problem)} />}
        {!answer && !problem && <Waiting label="Asking" />}
        {answer && !problem && asked && (
          <div className={props.isStale ? 'opacity-55 transition-opacity delay-300' : ''}>
            {isRows(answer) ? (
              <RowsBody answer={answer} isFigure={tile.view === 'number'} />
            ) : (
              <Body {...props} asked={asked} answer={answer} />
            )}
          </div>
        )}
      </div>
    </article>
  );
}

function Body(props: {
  tile: Tile;
  asked: Asked;
  answer: Answer;
  onPick: (picked: Picked) => void;
}) {
  const { tile, asked, answer } = props;
  const loaded = useKind(asked.kind);
  const kind = loaded.data;
  if (loaded.error) return <Failure error={loaded.error} />;
  if (!kind) return null;
  const standard = { ...kind.standard, ...asked.question };
  const question = kind.complete?.(standard) ?? standard;
  const zone = typeof asked.question['zone'] === 'string' ? asked.question['zone'] : 'UTC';
  const figure = kind.figure?.(answer, question);
  if (tile.view === 'number' && figure) return <FigureBody figure={figure} answer={answer} />;
  const height = Math.max(HEIGHT_MIN, tile.h * ROW_PX + (tile.h - 1) * GAP_PX - HEAD_PX);
  const shown = { answer, question, zone, height, onPick: props.onPick };
  const { Chart, Table } = kind;
  return (
    <figure>
      <figcaption className="line-clamp-2 px-4 text-sm text-soft" title={readWords(answer)}>
        {spoken(answer.sentence)}
      </figcaption>
      {kind.isEmpty?.(answer) ? (
        <p className="px-4 py-6 text-sm text-soft">Nothing in this period for this purpose.</p>
      ) : tile.view === 'table' && Table ? (
        <Table {...shown} />
      ) : (
        <Chart {...shown} />
      )}
    </figure>
  );
}

const isRows = (answer: Answer | SqlAnswer): answer is SqlAnswer => 'rows' in answer;

/** What a text of SQL was answered with. */
function RowsBody({ answer, isFigure }: { answer: SqlAnswer; isFigure: boolean }) {
  const figure = isFigure ? onlyValue(answer) : undefined;
  if (figure) return <FigureBody figure={figure} answer={answer} />;
  return (
    <figure>
      <figcaption className="px-4 pb-1 text-sm text-soft" title={readWords(answer)}>
        {count(answer.rows.length)} {answer.rows.length === 1 ? 'row' : 'rows'}
        {answer.truncated && ', cut at the limit'}
      </figcaption>
      <SqlRows answer={answer} />
    </figure>
  );
}

const readWords = ({ scanned, as_of, purpose }: Answer | SqlAnswer) =>
  `${count(scanned.rows)} rows in ${duration(scanned.seconds)}, as of ${clockTime(as_of)}, ` +
  `for purpose ${purpose}`;

function FigureBody({ figure, answer }: { figure: Figure; answer: Answer | SqlAnswer }) {
  return (
    <figure className="flex items-end justify-between gap-4 px-4 pt-1 pb-3">
      <figcaption title={readWords(answer)}>
        <span className="block text-[1.75rem] leading-tight font-semibold tracking-tight
          tabular-nums">
          {figure.value}
        </span>
        <span className="text-sm text-soft">{figure.label}</span>
      </figcaption>
      {figure.values && figure.values.length > 1 && <Spark values={figure.values} />}
    </figure>
  );
}

/** The figure's course, without axes; decorative beside the number. */
function Spark({ values }: { values: readonly (number | null)[] }) {
  const known = values.map((each) => each ?? 0);
  const most = Math.max(1e-9, ...known);
  const [width, height] = [96, 36];
  const step = width / Math.max(1, known.length - 1);
  const y = (value: number) => height - 3 - (value / most) * (height - 6);
  const points = known.map((each, at) => `${at * step},${y(each)}`);
  return (
    <svg width={width} height={height} aria-hidden="true" className="shrink-0">
      <path d={`M${points.join('L')}L${width},${height}L0,${height}Z`} fill="var(--accent)"
        opacity="0.12" />
      <path d={`M${points.join('L')}`} fill="none" stroke="var(--accent)" strokeWidth="2"
        strokeLinejoin="round" />
    </svg>
  );
}
