// Why does nothing arrive? The server looks, and names the cause.

import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import * as ask from '../api/ask';
import type { Finding } from '../api/wire';
import { Select } from '../parts/field';
import { sentence } from '../parts/format';
import { Icon } from '../parts/icons';
import { Failure, Waiting } from '../parts/page';

export function DoctorPanel({ open = false }: { open?: boolean }) {
  const sources = useQuery(ask.sources());
  const [shown, setShown] = useState(open);
  const [source, setSource] = useState('');
  const chosen = source || (sources.data?.[0]?.name ?? '');
  const findings = useQuery(ask.doctor(chosen, shown && chosen !== ''));
  useEffect(() => {
    if (open) setShown(true);
  }, [open]);
  return (
    <div className="border-t border-line">
      {!shown && (
        <div className="flex flex-wrap items-center justify-between gap-3 px-5 py-3">
          <p className="text-sm text-soft">Sent one, and nothing shows?</p>
          <button type="button" className="press" onClick={() => setShown(true)}>
            Ask the doctor
          </button>
        </div>
      )}
      {shown && (
        <div className="flex flex-col gap-3 p-5">
          <div className="flex flex-wrap items-end justify-between gap-3">
            <Select
              label="Look at source"
              value={chosen}
              options={(sources.data ?? []).map((each) => ({
                value: each.name,
                label: each.name,
              }))}
              onChange={setSource}
            />
            <button type="button" className="press" onClick={() => void findings.refetch()}>
              Look again
            </button>
          </div>
          {findings.isPending && chosen !== '' && <Waiting label="Looking" />}
          {findings.error && <Failure error={findings.error} />}
          <Findings findings={findings.data?.findings ?? []} />
        </div>
      )}
    </div>
  );
}

const LOOK = {
  ok: { icon: 'check', tone: 'text-accent-text', word: 'fine' },
  warning: { icon: 'alert', tone: 'text-warn', word: 'warning' },
  problem: { icon: 'cross', tone: 'text-bad', word: 'problem' },
} as const;

function Findings({ findings }: { findings: Finding[] }) {
  return (
    <ul className="flex flex-col gap-3 text-sm">
      {findings.map((each) => {
        const look = LOOK[each.state] ?? LOOK.warning;
        return (
          <li key={each.code + each.title} className="flex gap-2.5">
            <span className={`mt-0.5 ${look.tone}`}>
              <Icon name={look.icon} />
            </span>
            <div className="min-w-0">
              <p className="font-medium">
                <span className="sr-only">{look.word}: </span>
                {each.title}
              </p>
              {each.detail && <p className="text-soft">{sentence(each.detail)}</p>}
              {each.remedy && <p>{sentence(each.remedy)}</p>}
            </div>
          </li>
        );
      })}
    </ul>
  );
}
