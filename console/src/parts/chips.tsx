// Purposes as chips, named in the catalogue's own titles.

import { useQuery } from '@tanstack/react-query';
import * as ask from '../api/ask';
import type { Option } from './field';

/** The purposes that whoever is signed in may ask for, as choices. */
export function usePurposeOptions(): Option[] {
  const purposes = useQuery(ask.purposes());
  return (purposes.data ?? [])
    .filter((each) => each.allowed !== false)
    .map((each) => ({ value: each.name, label: each.title }));
}

export function PurposeChips({ names, max = 4 }: { names: readonly string[]; max?: number }) {
  const purposes = useQuery(ask.purposes());
  const title = (name: string) =>
    purposes.data?.find((each) => each.name === name)?.description ?? name;
  if (names.length === 0) return null;
  const rest = names.length - max;
  return (
    <span className="inline-flex flex-wrap gap-1">
      {names.slice(0, max).map((name) => (
        <span key={name} className="chip bg-accent-soft text-accent-text" title={title(name)}>
          {name}
        </span>
      ))}
      {rest > 0 && (
        <span className="chip" title={names.slice(max).join(', ')}>
          +{rest}
        </span>
      )}
    </span>
  );
}
