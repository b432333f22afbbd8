// What each purpose would see of one person. Asked only when somebody wants to know: every look of
// every purpose is on record.

import { useQueries } from '@tanstack/react-query';
import { useState } from 'react';
import * as ask from '../api/ask';
import { asProblem } from '../api/problem';
import { usePurposeOptions } from '../parts/chips';
import { count } from '../parts/format';
import { Failure, Section } from '../parts/page';

const NOT_FOUND = 404;

export function EachPurpose(props: {
  person: string;
  current: string;
  onPurpose: (purpose: string) => void;
}) {
  const purposes = usePurposeOptions();
  const [asked, setAsked] = useState(false);
  const looks = useQueries({
    queries: purposes.map(({ value }) => ({ ...ask.person(props.person, value), enabled: asked })),
  });
  const most = Math.max(1, ...looks.map((look) => look.data?.events.length ?? 0));
  const failure = looks.find((look) => look.error && asProblem(look.error).status !== NOT_FOUND);
  return (
    <Section title="What each purpose may see">
      {!asked && (
        <div className="px-5 pb-5">
          <p className="mb-3 text-sm text-soft">
            Looks once for each purpose that you may ask for. The read log keeps every look.
          </p>
          <button type="button" className="press" onClick={() => setAsked(true)}>
            Look with each
          </button>
        </div>
      )}
      {failure && <Failure error={failure.error} />}
      {asked && (
        <ul className="px-2 pb-3">
          {purposes.map(({ value, label }, index) => {
            const seen = looks[index]?.data?.events.length ?? 0;
            return (
              <li key={value}>
                <button
                  type="button"
                  aria-current={value === props.current}
                  className="flex min-h-9 w-full items-center gap-3 rounded-md px-3 text-left
                    text-sm hover:bg-sunken aria-[current=true]:bg-accent-soft
                    aria-[current=true]:font-semibold aria-[current=true]:text-accent-text"
                  onClick={() => props.onPurpose(value)}
                >
                  <span className="min-w-0 flex-1 truncate">{label}</span>
                  <span aria-hidden="true" className="h-1.5 w-14 overflow-hidden rounded-full
                    bg-sunken">
                    <span className="bar block h-full bg-accent"
                      style={{ width: `${(100 * seen) / most}%` }} />
                  </span>
                  <span className="w-10 text-right tabular-nums">
                    {looks[index]?.isFetching ? '…' : seen === 0 ? 'none' : count(seen)}
                  </span>
                </button>
              </li>
            );
          })}
        </ul>
      )}
    </Section>
  );
}
