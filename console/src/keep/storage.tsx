// What lies where, and what somebody has to look at: files that were set aside.

import { useQuery } from '@tanstack/react-query';
import * as ask from '../api/ask';
import type { Concern, Status } from '../api/wire';
import { bytes, count, dateTime } from '../parts/format';
import { Icon } from '../parts/icons';
import { Failure, PageHead, Section, Waiting } from '../parts/page';
import { Pairs } from '../parts/pairs';
import { Remedy } from '../parts/remedy';

export default function Storage() {
  const status = useQuery(ask.status());
  return (
    <>
      <PageHead title="Storage" lead="What was kept, where it lies, and what needs a look.">
        <button type="button" className="press" onClick={() => void status.refetch()}>
          Look again
        </button>
      </PageHead>
      {status.isPending && <Waiting label="Reading the status" />}
      {status.error && <Failure error={status.error} retry={() => void status.refetch()} />}
      {status.data && (
        <>
          <Concerns concerns={status.data.concerns} />
          <Figures status={status.data} />
        </>
      )}
    </>
  );
}

function Concerns({ concerns }: { concerns: Concern[] }) {
  return (
    <Section
      title="Concerns"
      lead="What cannot be read is set aside, never used and never removed."
    >
      {concerns.length === 0 ? (
        <p className="flex items-center gap-2 border-t border-line px-5 py-4 text-sm" role="status">
          <span className="text-accent-text">
            <Icon name="check" />
          </span>
          Nothing needs a look.
        </p>
      ) : (
        <ul className="border-t border-line">
          {concerns.map((each) => (
            <li key={each.file} className="flex gap-3 border-b border-line px-5 py-4
              last:border-b-0">
              <span className="mt-0.5 text-warn">
                <Icon name="alert" />
              </span>
              <div className="min-w-0">
                <p className="flex flex-wrap items-baseline gap-x-3 gap-y-1">
                  <code className="font-mono text-[0.8125rem] font-semibold break-all">
                    {each.file}
                  </code>
                  <span className="text-sm text-soft tabular-nums">{bytes(each.bytes)}</span>
                  <span className="chip bg-warn-soft text-warn">{each.code}</span>
                </p>
                <Remedy text={each.remedy} />
              </div>
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

function Figures({ status }: { status: Status }) {
  return (
    <Section title="Figures">
      <div className="grid gap-6 border-t border-line px-5 py-4 sm:grid-cols-3">
        <Pairs
          title="Events"
          pairs={[
            ['in memory', count(status.fresh_rows)],
            ['in files', count(status.file_rows)],
          ]}
        />
        <Pairs
          title="Disk"
          pairs={[
            ['segments', count(status.segments)],
            ['files', count(status.files)],
            ['size', bytes(status.file_bytes)],
          ]}
        />
        <Pairs
          title="Installation"
          pairs={[
            ['people', count(status.people)],
            ['started', dateTime(status.started)],
            ['version', status.version],
          ]}
        />
      </div>
    </Section>
  );
}
