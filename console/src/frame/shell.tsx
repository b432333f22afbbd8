// What stands around every page: the rail, the search, the theme, the shortcuts.

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, Outlet, useRouterState } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import * as ask from '../api/ask';
import { remove } from '../api/request';
import { Dialog } from '../parts/dialog';
import { Icon, Mark } from '../parts/icons';
import { PAGES } from './nav';
import { Palette } from './palette';
import { ShortcutSheet, useShortcuts } from './shortcuts';
import { setTheme, useTheme, type Theme } from './theme';

export function Shell() {
  const [open, setOpen] = useState<'none' | 'palette' | 'sheet' | 'menu'>('none');
  // Each closes itself only: a late word from one must not close the next.
  const close = (which: typeof open) => () => setOpen((now) => (now === which ? 'none' : now));
  useShortcuts({ palette: () => setOpen('palette'), sheet: () => setOpen('sheet') });
  const path = useRouterState({ select: (state) => state.location.pathname });
  const main = useRef<HTMLElement>(null);
  const before = useRef(path);

  useEffect(() => {
    setOpen('none');
    // After a change of page, reading starts at its top; the first page keeps the browser's place.
    if (before.current === path) return;
    before.current = path;
    main.current?.focus({ preventScroll: true });
  }, [path]);

  return (
    <div className="lg:grid lg:min-h-dvh lg:grid-cols-[15.5rem_minmax(0,1fr)]">
      <button
        type="button"
        className="press sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50"
        onClick={() => main.current?.focus()}
      >
        Skip to the page
      </button>
      <TopBar onMenu={() => setOpen('menu')} onSearch={() => setOpen('palette')} />
      <aside className="sticky top-0 hidden h-dvh flex-col overflow-y-auto border-r border-line
        px-3 py-4 lg:flex">
        <Brand />
        <SearchButton onClick={() => setOpen('palette')} />
        <Rail label="Pages" />
        <Foot onSheet={() => setOpen('sheet')} />
      </aside>
      <main ref={main} tabIndex={-1} className="min-w-0 px-4 pt-5 pb-16 sm:px-8 lg:pt-7">
        <div className={`mx-auto ${isWide(path) ? 'max-w-[100rem]' : 'max-w-[76rem]'}`}>
          <Outlet />
        </div>
      </main>
      <Dialog title="Menu" open={open === 'menu'} onClose={close('menu')}>
        <div className="overflow-y-auto px-3 pb-4">
          <Rail label="Menu" />
          <Foot onSheet={() => setOpen('sheet')} />
        </div>
      </Dialog>
      <Palette open={open === 'palette'} onClose={close('palette')} />
      <ShortcutSheet open={open === 'sheet'} onClose={close('sheet')} />
    </div>
  );
}

/** A dashboard and an editor use the room there is. */
const isWide = (path: string) => /\/(dashboards\/|sql$)/.test(path);

function Brand() {
  return (
    <Link to="/" className="mb-4 flex items-center gap-2.5 rounded-lg px-2 py-1 font-semibold">
      <Mark />
      Candor
    </Link>
  );
}

const isApple = /Mac|iPhone|iPad/.test(navigator.userAgent);

function SearchButton({ onClick }: { onClick: () => void }) {
  return (
    <button
      type="button"
      className="mb-4 flex min-h-9 w-full items-center gap-2 rounded-lg border border-line
        bg-raised px-2.5 text-sm text-soft hover:text-ink"
      onClick={onClick}
    >
      <Icon name="search" size={14} />
      <span className="flex-1 text-left">Search or go to</span>
      <kbd className="font-sans text-xs text-soft">{isApple ? '⌘K' : 'Ctrl K'}</kbd>
    </button>
  );
}

function TopBar(props: { onMenu: () => void; onSearch: () => void }) {
  return (
    <div className="flex items-center justify-between border-b border-line bg-raised px-3 py-2
      lg:hidden">
      <Link to="/" className="flex min-h-9 items-center gap-2.5 px-1 font-semibold">
        <Mark />
        Candor
      </Link>
      <div className="flex">
        <button
          type="button"
          className="press press-quiet px-2.5"
          aria-label="Search or go to"
          onClick={props.onSearch}
        >
          <Icon name="search" />
        </button>
        <button
          type="button"
          className="press press-quiet px-2.5"
          aria-label="Menu"
          onClick={props.onMenu}
        >
          <Icon name="menu" />
        </button>
      </div>
    </div>
  );
}

function Rail({ label }: { label: string }) {
  const groups = [...new Set(PAGES.map((page) => page.group))];
  return (
    <nav aria-label={label} className="flex flex-col gap-4">
      {groups.map((group) => (
        <div key={group}>
          <p className="mb-1 px-2.5 text-xs font-semibold text-soft">{group}</p>
          <ul>
            {PAGES.filter((page) => page.group === group).map((page) => (
              <li key={page.to}>
                <Link
                  to={page.to}
                  className="flex min-h-8 items-center rounded-md px-2.5 text-sm text-ink
                    hover:bg-sunken aria-[current=page]:bg-accent-soft
                    aria-[current=page]:font-semibold aria-[current=page]:text-accent-text"
                  activeOptions={{ includeSearch: false }}
                >
                  {page.label}
                </Link>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </nav>
  );
}

function Foot({ onSheet }: { onSheet: () => void }) {
  const client = useQueryClient();
  const session = useQuery(ask.session());
  const status = useQuery(ask.status());
  const signOut = async () => {
    await remove('api/session');
    client.clear();
    window.location.assign(document.baseURI);
  };
  return (
    <div className="mt-auto flex flex-col gap-3 pt-6">
      <ThemeChoice />
      <div className="flex items-center justify-between gap-1 px-1">
        <div className="min-w-0 px-1.5 text-sm">
          <p className="truncate font-medium">{session.data?.name ?? ''}</p>
          {status.data && (
            <p className="truncate text-xs text-soft">
              {status.data.controller} · {status.data.version}
            </p>
          )}
        </div>
        <div className="flex">
          <button
            type="button"
            className="press press-quiet min-h-8 px-2"
            aria-label="Keyboard shortcuts"
            title="Keyboard shortcuts (?)"
            onClick={onSheet}
          >
            <Icon name="keyboard" />
          </button>
          <button
            type="button"
            className="press press-quiet min-h-8 px-2"
            aria-label="Sign out"
            title="Sign out"
            onClick={() => void signOut()}
          >
            <Icon name="out" />
          </button>
        </div>
      </div>
    </div>
  );
}

const THEMES: readonly { value: Theme; label: string }[] = [
  { value: 'system', label: 'System' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
];

function ThemeChoice() {
  const theme = useTheme();
  return (
    <div role="group" aria-label="Theme" className="flex rounded-lg bg-sunken p-0.5">
      {THEMES.map((each) => (
        <button
          key={each.value}
          type="button"
          aria-pressed={theme === each.value}
          className="min-h-7 flex-1 rounded-md px-2 text-xs text-soft hover:text-ink
            aria-pressed:bg-raised aria-pressed:font-semibold aria-pressed:text-ink
            aria-pressed:shadow-low"
          onClick={() => setTheme(each.value)}
        >
          {each.label}
        </button>
      ))}
    </div>
  );
}
