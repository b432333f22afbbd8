// One verdict as a card: what the gate decided about one event, why, and what to do.

import type { Verdict } from '../api/wire';
import { clockTime } from '../parts/format';
import { Remedy } from '../parts/remedy';
import { OutcomeChip } from '../parts/page';
import { PurposeChips } from '../parts/chips';
import { snippet, type Language, type SdkName } from './snippets';

interface With {
  sdk: SdkName;
  language: Language;
}

export function VerdictCard({ verdict, ...how }: { verdict: Verdict } & With) {
  return (
    <article className="arrives rounded-lg border border-line p-4" data-outcome={verdict.outcome}>
      <div className="flex flex-wrap items-center justify-between gap-2">
        <OutcomeChip outcome={verdict.outcome} />
        <span className="text-xs text-soft tabular-nums">
          {verdict.source} · {verdict.kind ?? verdict.protocol} · {clockTime(verdict.time)}
        </span>
      </div>
      {verdict.code && (
        <p className="mt-2 font-mono text-sm font-semibold text-warn">{verdict.code}</p>
      )}
      {verdict.remedy && <Remedy text={verdict.remedy} />}
      {verdict.code === 'consent-absent' && <ConsentLine {...how} />}
      {verdict.purposes.length > 0 && (
        <div className="mt-3 flex flex-wrap items-center gap-1.5 text-sm">
          <span className="text-soft">May be used to</span>
          <PurposeChips names={verdict.purposes} />
        </div>
      )}
    </article>
  );
}

function ConsentLine({ sdk, language }: With) {
  const { code, mark } = snippet(sdk, language, { host: '', key: '', consent: true });
  const lines = code.split('\n');
  const text = mark.map((index) => (lines[index] ?? '').trim()).join('\n');
  return (
    <>
      <p className="mt-3 text-xs font-semibold text-soft">What to add</p>
      <pre
        tabIndex={0}
        role="region"
        aria-label="What to add"
        className="mt-1 rounded-md bg-sunken p-2.5 font-mono text-xs leading-5 break-words
          whitespace-pre-wrap"
      >
        {text}
      </pre>
    </>
  );
}
