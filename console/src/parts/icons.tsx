// The few pictures the console needs, on one 16-unit grid. Decorative: text stands beside them.

const PATHS = {
  search: 'M7 12.2a5.2 5.2 0 1 0 0-10.4 5.2 5.2 0 0 0 0 10.4ZM10.8 10.8 14 14',
  menu: 'M2 4h12M2 8h12M2 12h12',
  close: 'm3.5 3.5 9 9m0-9-9 9',
  check: 'm3 8.5 3.2 3.2L13 4.8',
  cross: 'm4 4 8 8m0-8-8 8',
  plus: 'M8 3v10M3 8h10',
  minus: 'M3 8h10',
  up: 'M8 13V3M4 7l4-4 4 4',
  down: 'M8 3v10M4 9l4 4 4-4',
  chevron: 'm6 3.5 4.5 4.5L6 12.5',
  pause: 'M5.5 3v10M10.5 3v10',
  play: 'M4.5 2.8v10.4L13 8 4.5 2.8Z',
  copy: 'M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3',
  alert:
    'M8 5.5v3.2M8 11.2v.1' +
    'M7.1 2.3 1.4 12.2a1 1 0 0 0 .9 1.5h11.4a1 1 0 0 0 .9-1.5L8.9 2.3a1 1 0 0 0-1.8 0Z',
  key:
    'M10.3 9.2a3.6 3.6 0 1 0-3.5-2.6L2 11.4V14h2.6v-1.8h1.8v-1.8l1.4-1.4c.8.2 1.7.3 2.5.2Z' +
    'M11.2 4.9v-.1',
  more: 'M3.4 8h.1M8 8h.1M12.6 8h.1',
  left: 'M13 8H3m4 4L3 8l4-4',
  right: 'M3 8h10M9 12l4-4-4-4',
  move: 'M8 2v12M2 8h12M6 4l2-2 2 2M6 12l2 2 2-2M4 6 2 8l2 2M12 6l2 2-2 2',
  full: 'M9.5 2.5h4v4M6.5 13.5h-4v-4M13.5 2.5l-4 4M2.5 13.5l4-4',
  again: 'M13.2 6.5A5.5 5.5 0 1 0 13.5 9M13.5 2.5v4h-4',
  pen: 'm2.5 13.5.8-3.2 7.6-7.6 2.4 2.4-7.6 7.6-3.2.8Z',
  person: 'M8 8a2.8 2.8 0 1 0 0-5.6A2.8 2.8 0 0 0 8 8ZM2.8 14a5.2 5.2 0 0 1 10.4 0',
  bell:
    'M8 2a4 4 0 0 0-4 4c0 4-1.5 5-1.5 5h11S12 10 12 6a4 4 0 0 0-4-4Z' +
    'M6.8 13.6a1.4 1.4 0 0 0 2.4 0',
  out: 'M6 2H3v12h3M7 8h7m-3-3 3 3-3 3',
  keyboard: 'M1.5 4h13v8.5h-13zM4 6.8h.1M6.7 6.8h.1M9.3 6.8h.1M12 6.8h.1M5 10h6',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      className="shrink-0"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}

export function Mark({ size = 26 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" className="shrink-0">
      <rect width="32" height="32" rx="9" className="fill-accent" />
      <path
        d="M21.5 11.6a7 7 0 1 0 0 8.8"
        fill="none"
        stroke="var(--accent-ink)"
        strokeWidth="3.2"
        strokeLinecap="round"
      />
      <circle cx="21.6" cy="16" r="2.1" fill="var(--accent-ink)" />
    </svg>
  );
}
