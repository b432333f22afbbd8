// Light, dark, or as the system has it. Kept in this browser only.

import { useSyncExternalStore } from 'react';

export type Theme = 'system' | 'light' | 'dark';
const NAME = 'candor.theme';
const hearers = new Set<() => void>();

function read(): Theme {
  const chosen = document.documentElement.dataset['theme'];
  return chosen === 'light' || chosen === 'dark' ? chosen : 'system';
}

export function setTheme(theme: Theme): void {
  try {
    if (theme === 'system') localStorage.removeItem(NAME);
    else localStorage.setItem(NAME, theme);
  } catch {
    // Storage may be closed; the choice then lasts as long as the page.
  }
  if (theme === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
  for (const hear of hearers) hear();
}

function isDark(): boolean {
  const theme = read();
  if (theme !== 'system') return theme === 'dark';
  return matchMedia('(prefers-color-scheme: dark)').matches;
}

export const toggleTheme = () => setTheme(isDark() ? 'light' : 'dark');

function subscribe(hear: () => void) {
  hearers.add(hear);
  return () => hearers.delete(hear);
}

export const useTheme = (): Theme => useSyncExternalStore(subscribe, read);
