// The code that sends a first event, and the lines in it that send consent, for each SDK.

import { posthog } from './snippets/posthog';
import type { Language, Sdk } from './snippets/sdk';
import { segment } from './snippets/segment';
import { snowplow } from './snippets/snowplow';

export type { Language };

const ALL = { segment, posthog, snowplow } satisfies Record<string, Sdk>;
export type SdkName = keyof typeof ALL;

export const SDKS: readonly { value: SdkName; label: string }[] = (
  Object.keys(ALL) as SdkName[]
).map((value) => ({ value, label: ALL[value].label }));

export interface Snippet {
  install: string | null;
  code: string;
  /** The lines that carry consent, counted from zero; none in the plain snippet. */
  mark: number[];
  /** Where this SDK puts what a person agreed to. */
  says: string;
}

export const LANGUAGES: readonly {
  value: Language;
  label: string;
  keyKind: 'site' | 'server';
}[] = [
  { value: 'browser', label: 'Browser', keyKind: 'site' },
  { value: 'node', label: 'Node', keyKind: 'server' },
  { value: 'python', label: 'Python', keyKind: 'server' },
  { value: 'curl', label: 'curl', keyKind: 'site' },
];

/** The snippet with or without consent; the marked lines are the ones that differ. */
export function snippet(
  sdk: SdkName,
  language: Language,
  fill: { host: string; key: string; consent: boolean },
): Snippet {
  const own: Sdk = ALL[sdk];
  const { install, write } = own.languages[language];
  const code = write(fill.host, fill.key, fill.consent);
  const plain = new Set(write(fill.host, fill.key, false).split('\n'));
  const mark = code.split('\n').flatMap((line, index) => (plain.has(line) ? [] : [index]));
  return { install, code, mark, says: own.says };
}
