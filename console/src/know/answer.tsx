// The frame of an answer: its sentence, its chart or table, and the line that says what was read.

import type { UseQueryResult } from '@tanstack/react-query';
import { useId, type ReactNode, type RefObject } from 'react';
import type { Answer } from '../api/wire';
import { Choice } from '../parts/field';
import { bytes, clockTime, count, dayOf, duration, spoken } from '../parts/format';
import { Failure } from '../parts/page';
import { Progress } from './progress';

/** The answer's frame. `chart` and `table` are twins: the same numbers, two ways to read them. */
export function AnswerFrame<A extends Answer>(props: {
  result: UseQueryResult<A>;
  queryKey: readonly unknown[];
  view: 'chart' | 'table';
  onView: (view: 'chart' | 'table') => void;
  isEmpty: (answer: A) => boolean;
  empty: ReactNode;
  chart: (answer: A) => ReactNode;
  /** None where the chart is a table or a number already. */
  table?: ((answer: A) => ReactNode) | undefined;
  actions: ReactNode;
  figure: RefObject<HTMLElement | null>;
}) {
  const { result } = props;
  const answer = result.data;
  const id = useId();
  const stale = result.isPlaceholderData && !result.error;
  return (
    <section
      className="card"
      aria-label="Answer"
      aria-busy={result.isFetching}
    >
      {result.error && <Failure error={result.error} retry={() => void result.refetch()} />}
      <Progress queryKey={props.queryKey} />
      {!answer && !result.error && <div className="h-24" />}
      {answer && !result.error && (
        <>
          <figure
            ref={props.figure}
            aria-labelledby={`${id}-sentence`}
            className={stale ? 'opacity-55 transition-opacity delay-300' : ''}
          >
            <div className="flex flex-wrap items-start justify-between gap-x-6 gap-y-3 px-5 pt-5
              lg:flex-nowrap">
              <figcaption
                id={`${id}-sentence`}
                className="max-w-[62ch] text-[1.0625rem] leading-snug font-medium text-pretty"
              >
                <span role="status">{spoken(answer.sentence)}</span>
              </figcaption>
              <div className="flex flex-wrap items-center gap-2 lg:shrink-0" data-aside>
                {props.table && !props.isEmpty(answer) && (
                  <Choice
                    label="Show as"
                    hideLabel
                    value={props.view}
                    options={[
                      { value: 'chart', label: 'Chart' },
                      { value: 'table', label: 'Table' },
                    ]}
                    onChange={props.onView}
                  />
                )}
                {props.actions}
              </div>
            </div>
            {props.isEmpty(answer)
              ? props.empty
              : props.view === 'table' && props.table
                ? props.table(answer)
                : props.chart(answer)}
          </figure>
          <Footer answer={answer} again={() => void result.refetch()} />
        </>
      )}
    </section>
  );
}

export function Footer(props: {
  answer: Pick<Answer, 'scanned' | 'as_of' | 'purpose'>;
  again: () => void;
}) {
  const { scanned, as_of, purpose } = props.answer;
  const today = dayOf(as_of) === dayOf(new Date().toISOString());
  return (
    <footer className="flex flex-wrap items-center gap-x-2 gap-y-1 border-t border-line px-5 py-2
      text-[0.8125rem] text-soft tabular-nums">
      <span>{count(scanned.rows)} rows</span>
      <span aria-hidden="true">·</span>
      <span title={`${count(scanned.files)} files, ${bytes(scanned.bytes)}`}>
        {duration(scanned.seconds)}
      </span>
      <span aria-hidden="true">·</span>
      <span>
        as of {today ? '' : `${dayOf(as_of)}, `}
        {clockTime(as_of)}
      </span>
      <span aria-hidden="true">·</span>
      <span>for purpose {purpose}</span>
      <button type="button" className="press press-quiet ml-auto min-h-7 px-2 text-xs"
        onClick={props.again}>
        Ask again
      </button>
    </footer>
  );
}
