// Search or go to: pages, actions and events by name. A combobox over a list, nothing more.

import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useId, useRef, useState, type KeyboardEvent } from 'react';
import * as ask from '../api/ask';
import { Dialog } from '../parts/dialog';
import { linkTo } from '../know/link';
import { flatten } from '../know/codec';
import { kindTitle } from '../know/kinds';
import { compact } from '../parts/format';
import { Icon } from '../parts/icons';
import { ALL_PAGES } from './nav';
import { toggleTheme } from './theme';

interface Entry {
  id: string;
  label: string;
  hint: string;
  run: () => void;
}

const SHOWN_MAX = 9;

function useEntries(open: boolean): Entry[] {
  const navigate = useNavigate();
  const events = useQuery({ ...ask.catalogueEvents('measure'), enabled: open });
  const pages = ALL_PAGES.map((page) => ({
    id: page.to,
    label: page.label,
    hint: page.hint,
    run: () => void navigate({ to: page.to }),
  }));
  const actions = [
    { id: 'theme', label: 'Switch light and dark', hint: 'theme', run: toggleTheme },
    {
      id: 'copy',
      label: 'Copy the address of this view',
      hint: 'share',
      run: () => void navigator.clipboard?.writeText(window.location.href),
    },
  ];
  const trends = (events.data ?? []).map((each) => ({
    id: `event ${each.event}`,
    label: each.event,
    hint: `trend · ${compact(each.count)}`,
    run: () =>
      void navigate({
        to: '/insights/trend' as '/insights',
        search: flatten({ series: [{ event: each.event, count: 'events' }] }),
      }),
  }));
  return [...pages, ...useKept(open), ...actions, ...trends];
}

/** What somebody saved: dashboards and questions. */
function useKept(open: boolean): Entry[] {
  const navigate = useNavigate();
  const boards = useQuery({ ...ask.dashboards(), enabled: open });
  const questions = useQuery({ ...ask.questions(), enabled: open });
  return [
    ...(boards.data ?? []).map((each) => ({
      id: `dashboard ${each.id}`,
      label: each.name,
      hint: 'dashboard',
      run: () => void navigate({ to: '/dashboards/$id', params: { id: each.id } }),
    })),
    ...(questions.data ?? []).map((each) => ({
      id: `question ${each.id}`,
      label: each.name,
      hint: `question · ${kindTitle(each.kind).toLowerCase()}`,
      run: () => void navigate(linkTo(each, each.id) ?? { to: '/insights' }),
    })),
  ];
}

/** Higher is nearer; zero is no match. */
function nearness(entry: Entry, text: string): number {
  const label = entry.label.toLowerCase();
  if (label.startsWith(text)) return 3;
  if (label.split(/\W+/).some((word) => word.startsWith(text))) return 2;
  return label.includes(text) || entry.hint.includes(text) ? 1 : 0;
}

function search(entries: Entry[], text: string): Entry[] {
  const wanted = text.trim().toLowerCase();
  if (wanted === '') return entries.slice(0, SHOWN_MAX);
  return entries
    .map((entry) => ({ entry, near: nearness(entry, wanted) }))
    .filter((each) => each.near > 0)
    .sort((a, b) => b.near - a.near)
    .slice(0, SHOWN_MAX)
    .map((each) => each.entry);
}

export function Palette({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Dialog title="Search or go to" open={open} onClose={onClose} bare className="mt-[12dvh]">
      <Finder onClose={onClose} />
    </Dialog>
  );
}

function Finder({ onClose }: { onClose: () => void }) {
  const id = useId();
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const input = useRef<HTMLInputElement>(null);
  const found = search(useEntries(true), text);
  useEffect(() => input.current?.focus(), []);

  const choose = (entry: Entry | undefined) => {
    if (!entry) return;
    onClose();
    entry.run();
  };
  const onKeyDown = (press: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[press.key];
    if (step !== undefined && found.length > 0) {
      press.preventDefault();
      setAt((at + step + found.length) % found.length);
    } else if (press.key === 'Enter') {
      press.preventDefault();
      choose(found[at]);
    }
  };
  return (
    <>
      <div className="flex items-center gap-2 border-b border-line px-4">
        <span className="text-soft">
          <Icon name="search" />
        </span>
        <input
          ref={input}
          role="combobox"
          aria-expanded="true"
          aria-controls={`${id}-list`}
          aria-activedescendant={found[at] ? `${id}-${at}` : undefined}
          aria-label="Search or go to"
          className="h-12 min-w-0 flex-1 bg-transparent outline-none placeholder:text-soft"
          placeholder="A page, a dashboard, a question, an event"
          autoComplete="off"
          spellCheck={false}
          value={text}
          onKeyDown={onKeyDown}
          onChange={(change) => {
            setText(change.target.value);
            setAt(0);
          }}
        />
        <kbd className="font-sans text-xs text-soft">Esc</kbd>
      </div>
      <ul id={`${id}-list`} role="listbox" aria-label="Results" className="overflow-y-auto p-2">
        {found.map((entry, index) => (
          <li
            key={entry.id}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === at}
            className="flex min-h-9 cursor-pointer items-center justify-between gap-4 rounded-md
              px-3 text-sm aria-selected:bg-accent-soft aria-selected:text-accent-text"
            onClick={() => choose(entry)}
            onPointerMove={() => setAt(index)}
          >
            <span className="min-w-0 truncate">{entry.label}</span>
            <span className="shrink-0 text-xs text-soft">{entry.hint}</span>
          </li>
        ))}
      </ul>
      <p role="status" className={found.length > 0 ? 'sr-only' : 'px-5 pb-5 text-sm text-soft'}>
        {found.length > 0 ? `${found.length} found` : 'Nothing by that name.'}
      </p>
    </>
  );
}
