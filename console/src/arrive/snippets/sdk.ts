// What the code of an SDK is, for each language: how it is installed, and what sends an event.

export type Language = 'browser' | 'node' | 'python' | 'curl';

type Write = (host: string, key: string, consent: boolean) => string;

export interface Sdk {
  label: string;
  /** Where this SDK puts what a person agreed to. */
  says: string;
  languages: Record<Language, { install: string | null; write: Write }>;
}
