// A new alert: which saved question, which line, how often, and who is told.

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { post } from '../api/request';
import type { Alert, AlertWhen, SavedQuestion } from '../api/wire';
import { Choice, CopyButton, Select, Text } from '../parts/field';
import { Failure } from '../parts/page';
import { kindTitle } from './kinds';

const LINES = [
  { value: 'above', label: 'is above' },
  { value: 'below', label: 'is below' },
  { value: 'rises', label: 'rises by percent' },
  { value: 'falls', label: 'falls by percent' },
] as const;
type Line = (typeof LINES)[number]['value'];
const lineWords = (line: Line) => LINES.find((each) => each.value === line)?.label ?? line;

// What has one number an interval can cross a line.
const isWatched = ({ kind, question }: SavedQuestion) =>
  kind === 'trend' && question['breakdown'] === undefined;

export function AlertForm(props: { questions: readonly SavedQuestion[]; onDone: () => void }) {
  const client = useQueryClient();
  const fitting = props.questions.filter(isWatched);
  const [chosen, setChosen] = useState<string>();
  const [name, setName] = useState('');
  const [line, setLine] = useState<Line>('falls');
  const [number, setNumber] = useState('30');
  const [every, setEvery] = useState<'hour' | 'day'>('day');
  const [target, setTarget] = useState('');
  const own = fitting.find((each) => each.id === chosen) ?? fitting[0];
  const isHook = /^https?:/.test(target.trim());
  const make = useMutation({
    mutationFn: () =>
      post<Alert>('api/alerts', {
        name: name.trim() || `${own?.name} ${lineWords(line)}`,
        question: { saved: own?.id },
        when: { [line]: Number(number) } as unknown as AlertWhen,
        every,
        to: [isHook ? { webhook: target.trim() } : { mail: target.trim() }],
      }),
    onSuccess: async (made) => {
      await client.invalidateQueries({ queryKey: ['alerts'] });
      if (!made.secret) props.onDone();
    },
  });
  const secret = make.data?.secret;
  if (secret) return <SecretOnce secret={secret} onDone={props.onDone} />;
  if (!own) {
    return (
      <p className="px-5 pb-5 text-sm">
        An alert watches a saved trend that is not split, and there is none yet. Ask a{' '}
        <Link to={'/insights/trend' as '/insights'} className="underline">trend</Link> and{' '}
        choose <b>Keep</b>.
      </p>
    );
  }
  return (
    <form
      className="flex flex-col gap-4 overflow-y-auto px-5 pb-5"
      onSubmit={(event) => {
        event.preventDefault();
        make.mutate();
      }}
    >
      <Select
        label="Saved question"
        value={own.id}
        options={fitting.map((each) => ({
          value: each.id,
          label: `${each.name} (${kindTitle(each.kind).toLowerCase()})`,
        }))}
        onChange={setChosen}
      />
      <div className="flex flex-wrap items-end gap-3">
        <Select label="Tell when it" value={line} options={LINES}
          onChange={(value) => setLine(value as Line)} />
        <Text label="Line" type="number" className="w-28" value={number} onChange={setNumber}
          required />
        <Choice
          label="Look every"
          value={every}
          options={[
            { value: 'hour', label: 'Hour' },
            { value: 'day', label: 'Day' },
          ]}
          onChange={setEvery}
        />
      </div>
      <Text
        label="Tell"
        value={target}
        placeholder="somebody@example.org or https://example.org/hook"
        hint="A mail address, or the address of a webhook."
        onChange={setTarget}
        required
      />
      <Text label="Name (optional)" value={name} onChange={setName} />
      <button type="submit" className="press press-first self-start" disabled={make.isPending}>
        Make the alert
      </button>
      {make.error && <Failure error={make.error} />}
    </form>
  );
}

/** What the webhook's messages are signed with. The server shows it this once. */
function SecretOnce({ secret, onDone }: { secret: string; onDone: () => void }) {
  return (
    <div className="flex flex-col gap-3 px-5 pb-5 text-sm">
      <p>The messages to the webhook are signed. With this secret the receiver can tell:</p>
      <div className="flex flex-wrap items-center gap-3 rounded-lg bg-accent-soft p-3
        text-accent-text">
        <code className="font-mono break-all">{secret}</code>
        <CopyButton text={secret} label="Copy secret" />
        <span>Shown once. Copy it now.</span>
      </div>
      <button type="button" className="press self-start" onClick={onDone}>Done</button>
    </div>
  );
}
