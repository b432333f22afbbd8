// The head of a page, its sections, its empty and failing states.

import { useEffect, type ReactNode } from 'react';
import { asProblem, type Problem } from '../api/problem';
import { Icon } from './icons';
import { sentence } from './format';
import { Remedy } from './remedy';

export function PageHead(props: { title: string; lead: ReactNode; children?: ReactNode }) {
  useEffect(() => {
    document.title = `${props.title} · Candor`;
  }, [props.title]);
  return (
    <header className="mb-6 flex flex-wrap items-start justify-between gap-x-6 gap-y-3">
      <div className="min-w-0">
        <h1 className="text-[1.375rem] leading-tight font-semibold tracking-[-0.015em]">
          {props.title}
        </h1>
        <p className="mt-1 max-w-[64ch] text-soft">{props.lead}</p>
      </div>
      {props.children && <div className="flex flex-wrap items-center gap-2">{props.children}</div>}
    </header>
  );
}

export function Section(props: {
  title: string;
  lead?: ReactNode;
  action?: ReactNode;
  children: ReactNode;
}) {
  return (
    <section className="card mb-5 overflow-hidden" aria-label={props.title}>
      <div className="flex flex-wrap items-center justify-between gap-3 px-5 pt-4 pb-3">
        <div className="min-w-0">
          <h2 className="font-semibold">{props.title}</h2>
          {props.lead && <p className="max-w-[70ch] text-sm text-soft">{props.lead}</p>}
        </div>
        {props.action}
      </div>
      {props.children}
    </section>
  );
}

/** An empty state: what will be here, and the one thing to do. */
export function Empty(props: { title: string; children: ReactNode; action?: ReactNode }) {
  return (
    <div className="flex flex-col items-center px-6 py-12 text-center">
      <div
        aria-hidden="true"
        className="mb-4 flex h-12 items-end gap-1.5 text-line [&>span]:w-2.5 [&>span]:rounded-t
          [&>span]:bg-current"
      >
        <span className="h-4" />
        <span className="h-7" />
        <span className="h-5" />
        <span className="h-10" />
        <span className="h-8" />
        <span className="h-12" />
      </div>
      <p className="font-semibold">{props.title}</p>
      <div className="mt-1 max-w-[52ch] text-sm text-soft">{props.children}</div>
      {props.action && <div className="mt-4">{props.action}</div>}
    </div>
  );
}

/** A failure with its code and how to put it right. */
export function Failure({ error, retry }: { error: unknown; retry?: () => void }) {
  const problem = asProblem(error);
  // One fault is often the whole detail; saying it twice helps nobody.
  const faults = (problem.errors ?? []).filter((each) => each.detail !== problem.detail);
  return (
    <div role="alert" className="m-5 rounded-lg border border-bad/40 bg-bad-soft p-4 text-sm">
      <p className="flex flex-wrap items-center gap-2 font-semibold text-bad">
        <Icon name="alert" />
        {sentence(problem.title)}
        {problem.code && <Code problem={problem} />}
      </p>
      {problem.detail && problem.detail !== problem.title && (
        <Remedy text={problem.detail} />
      )}
      {problem.remedy && <Remedy text={problem.remedy} />}
      {faults.length > 0 && (
        <ul className="mt-2 space-y-1 text-ink">
          {faults.map((each) => (
            <li key={each.pointer + each.detail}>
              <code className="font-mono text-xs">{each.pointer}</code> {each.detail}
            </li>
          ))}
        </ul>
      )}
      <div className="mt-3 flex flex-wrap items-center gap-3">
        {retry && (
          <button type="button" className="press" onClick={retry}>
            Try again
          </button>
        )}
        {problem.instance && (
          <span className="text-xs text-soft">
            Request <code className="font-mono">{problem.instance}</code>
          </span>
        )}
      </div>
    </div>
  );
}

/** The code, leading to its explanation where the server has one. */
function Code({ problem: { code, type } }: { problem: Problem }) {
  const look = 'font-mono text-xs font-normal';
  const page = /^\/(docs\/problems#.+)$/.exec(type)?.[1];
  if (!page) return <code className={look}>{code}</code>;
  return (
    <a href={page} target="_blank" rel="noreferrer" className="underline">
      <code className={look}>{code}</code>
    </a>
  );
}

/** A quiet placeholder; it appears only when the wait is long enough to notice. */
export function Waiting({ label }: { label: string }) {
  return (
    <div role="status" className="waiting flex items-center gap-2 p-5 text-sm text-soft">
      <span className="listens size-2 rounded-full bg-accent" aria-hidden="true" />
      {label}
    </div>
  );
}

const TONES: Record<string, string> = {
  accepted: 'bg-accent-soft text-accent-text',
  refused: 'bg-warn-soft text-warn',
  invalid: 'bg-bad-soft text-bad',
  quarantined: 'bg-bad-soft text-bad',
  limited: 'bg-warn-soft text-warn',
};

/** What became of an event, in colour, sign and word. */
export function OutcomeChip({ outcome }: { outcome: string }) {
  const mark = outcome === 'accepted' ? 'check' : outcome === 'refused' ? 'minus' : 'cross';
  return (
    <span className={`chip ${TONES[outcome] ?? ''}`}>
      <Icon name={mark} size={11} />
      {outcome === 'accepted' ? 'kept' : outcome}
    </span>
  );
}
