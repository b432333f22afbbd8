// Making a key in the page. The key is shown once and kept in this tab's memory only.

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, useSyncExternalStore } from 'react';
import * as ask from '../api/ask';
import { post } from '../api/request';
import type { KeyKind } from '../api/wire';
import { usePurposeOptions } from '../parts/chips';
import { Choice, CopyButton, Select } from '../parts/field';
import { Icon } from '../parts/icons';
import { Failure } from '../parts/page';

type Made = Partial<Record<KeyKind, string>>;
let made: Made = {};
const hearers = new Set<() => void>();

function subscribe(hear: () => void) {
  hearers.add(hear);
  return () => hearers.delete(hear);
}

/** The keys made since this tab was opened, by kind. */
export const useMadeKeys = (): Made => useSyncExternalStore(subscribe, () => made);

export function useMakeKey() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (wish: { kind: KeyKind; source?: string; purposes?: string[] }) =>
      post<{ id: string; key: string }>('api/keys', wish),
    onSuccess: (answer, wish) => {
      made = { ...made, [wish.kind]: answer.key };
      for (const hear of hearers) hear();
      void client.invalidateQueries({ queryKey: ['sources'] });
      void client.invalidateQueries({ queryKey: ['keys'] });
    },
  });
}

/** The source that a key of this kind most likely belongs to. */
export function useSourceFor(kind: string): string | undefined {
  const sources = useQuery(ask.sources());
  return (sources.data?.find((each) => each.kind === kind) ?? sources.data?.[0])?.name;
}

const KINDS: readonly { value: KeyKind; label: string }[] = [
  { value: 'site', label: 'Site' },
  { value: 'server', label: 'Server' },
  { value: 'token', label: 'API token' },
];

const MEANING: Record<KeyKind, string> = {
  site: 'Public, write only. Put it in a page or an app.',
  server: 'Secret, write only. May name users and pass on their consent.',
  token: 'Secret, reads answers. For scripts and other tools.',
};

export function NewKey() {
  const sources = useQuery(ask.sources());
  const purposes = usePurposeOptions();
  const [kind, setKind] = useState<KeyKind>('site');
  const [source, setSource] = useState('');
  const [purpose, setPurpose] = useState('measure');
  const make = useMakeKey();
  const fitting = useSourceFor(kind) ?? '';
  const chosen = source || fitting;
  const submit = () =>
    make.mutate(
      kind === 'token' ? { kind, purposes: [purpose] } : { kind, source: chosen },
    );
  return (
    <div className="border-t border-line px-5 py-4">
      <form
        className="flex flex-wrap items-end gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <Choice label="Kind of key" value={kind} options={KINDS} onChange={setKind} />
        {kind === 'token' ? (
          <Select
            label="May ask for"
            value={purpose}
            options={purposes}
            onChange={setPurpose}
          />
        ) : (
          <Select
            label="For source"
            value={chosen}
            options={(sources.data ?? []).map((each) => ({ value: each.name, label: each.name }))}
            onChange={setSource}
          />
        )}
        <button type="submit" className="press press-first" disabled={make.isPending}>
          Create key
        </button>
      </form>
      <p className="mt-2 text-sm text-soft">{MEANING[kind]}</p>
      {make.data && <KeyOnce keyText={make.data.key} />}
      {make.error && <Failure error={make.error} />}
    </div>
  );
}

export function KeyOnce({ keyText }: { keyText: string }) {
  return (
    <div
      role="status"
      className="mt-3 flex flex-wrap items-center gap-x-3 gap-y-2 rounded-lg bg-accent-soft p-3"
    >
      <span className="text-accent-text">
        <Icon name="key" />
      </span>
      <code className="font-mono text-sm break-all text-accent-text">{keyText}</code>
      <CopyButton text={keyText} label="Copy key" />
      <span className="text-sm text-accent-text">Shown once. Copy it now.</span>
    </div>
  );
}
