// The frame of an answer: its sentence, its chart or table, and the line that says what was read.

import type { UseQueryResult } from '@tanstack/react-query';
import { useId, type ReactNode } from 'react';
import type { Answer } from '../api/wire';
import { Choice } from '../parts/field';
import { bytes, clockTime, count, dayOf, duration, sentence } from '../parts/format';
import { Failure, Waiting } from '../parts/page';
import type { Address } from './address';

/** The answer's frame. `chart` and `table` are twins: the same numbers, two ways to read them. */
export function AnswerFrame<A extends Answer>(props: {
  result: UseQueryResult<A>;
  address: Address;
  isEmpty: (answer: A) => boolean;
  empty: ReactNode;
  chart: (answer: A) => ReactNode;
  /** None where the chart is a table or a number already. */
  table?: (answer: A) => ReactNode;
}) {
  const { result, address } = props;
  const answer = result.data;
  const id = useId();
  return (
    <section
      className="card overflow-hidden"
      aria-label="Answer"
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
              {props.table && !props.isEmpty(answer) && (
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
              : address.view === 'table' && props.table
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
      <span>{count(scanned.rows)} rows</span>
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
