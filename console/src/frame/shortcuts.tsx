// Keys: `g` and a letter goes to a page, `?` shows this sheet, Ctrl/Cmd-K searches.
// Single-key shortcuts can be turned off, for those who speak or stumble onto keys.

import { useNavigate } from '@tanstack/react-router';
import { useEffect, useId, useRef, useState } from 'react';
import { Dialog } from '../parts/dialog';
import { ALL_PAGES } from './nav';

const NAME = 'candor.keys';

function singleKeysOn(): boolean {
  try {
    return localStorage.getItem(NAME) !== 'off';
  } catch {
    return true;
  }
}

/** Whether a key belongs to a field; of one in a shadow root the event names only the host. */
function isTyping(press: KeyboardEvent): boolean {
  const target = press.composedPath()[0];
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}

const PREFIX_MS = 1500;

export function useShortcuts(open: { palette: () => void; sheet: () => void }) {
  const navigate = useNavigate();
  const latest = useRef(open);
  useEffect(() => {
    latest.current = open;
  });
  useEffect(() => {
    let prefixAt = -PREFIX_MS;
    const onKey = (press: KeyboardEvent) => {
      if ((press.metaKey || press.ctrlKey) && press.key.toLowerCase() === 'k') {
        press.preventDefault();
        latest.current.palette();
        return;
      }
      if (press.metaKey || press.ctrlKey || press.altKey) return;
      if (isTyping(press) || document.querySelector('dialog[open]')) return;
      if (!singleKeysOn()) return;
      const isSecond = performance.now() - prefixAt < PREFIX_MS;
      prefixAt = -PREFIX_MS;
      if (isSecond) {
        const page = ALL_PAGES.find((each) => each.key === press.key);
        if (!page) return;
        press.preventDefault();
        void navigate({ to: page.to });
      } else if (press.key === 'g') {
        prefixAt = performance.now();
      } else if (press.key === '?') {
        press.preventDefault();
        latest.current.sheet();
      }
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [navigate]);
}

const Key = ({ children }: { children: string }) => (
  <kbd className="inline-grid h-6 min-w-6 place-items-center rounded border border-line bg-sunken
    px-1.5 font-sans text-xs">
    {children}
  </kbd>
);

function Row({ keys, label }: { keys: string[]; label: string }) {
  return (
    <div className="flex items-center justify-between gap-4 py-1.5 text-sm">
      <dt>{label}</dt>
      <dd className="flex gap-1">
        {keys.map((key) => (
          <Key key={key}>{key}</Key>
        ))}
      </dd>
    </div>
  );
}

export function ShortcutSheet({ open, onClose }: { open: boolean; onClose: () => void }) {
  const id = useId();
  const [on, setOn] = useState(singleKeysOn);
  const choose = (value: boolean) => {
    setOn(value);
    try {
      localStorage.setItem(NAME, value ? 'on' : 'off');
    } catch {
      // Storage may be closed; the keys then stay on.
    }
  };
  return (
    <Dialog title="Keyboard" open={open} onClose={onClose}>
      <div className="overflow-y-auto px-5 pb-5">
        <dl className="grid gap-x-10 sm:grid-cols-2">
          {ALL_PAGES.map((page) => (
            <Row key={page.to} keys={['g', page.key]} label={page.label} />
          ))}
          <Row keys={['Ctrl', 'K']} label="Search or go to" />
          <Row keys={['?']} label="This sheet" />
          <Row keys={['←', '→']} label="Move along a chart" />
          <Row keys={['↵']} label="Who is behind it" />
          <Row keys={['Esc']} label="Close" />
        </dl>
        <div className="mt-3 flex items-center gap-2 border-t border-line pt-3 text-sm">
          <input
            id={id}
            type="checkbox"
            className="size-5 accent-accent"
            checked={on}
            onChange={(change) => choose(change.target.checked)}
          />
          <label htmlFor={id}>Single-key shortcuts</label>
        </div>
      </div>
    </Dialog>
  );
}
