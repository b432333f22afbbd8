// Alerts: a question that is asked again and again, and who is told when it crosses a line.

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import * as ask from '../api/ask';
import { post, put, query, remove } from '../api/request';
import type { Alert, AlertTest, SavedQuestion } from '../api/wire';
import { one } from '../frame/search';
import { Dialog } from '../parts/dialog';
import { ago, exact, plural } from '../parts/format';
import { Icon } from '../parts/icons';
import { Menu } from '../parts/menu';
import { Empty, Failure, PageHead, Waiting } from '../parts/page';
import { AlertForm } from './alert-form';
import { kindTitle } from './kinds';
import { linkTo } from './link';

export default function Alerts() {
  const alerts = useQuery(ask.alerts());
  const questions = useQuery(ask.questions());
  const navigate = useNavigate();
  const isNew = one(useSearch({ strict: false }), 'new') !== undefined;
  const open = (yes: boolean) =>
    void navigate({ to: '/alerts', search: yes ? { new: 'yes' } : {}, replace: !yes });
  return (
    <>
      <PageHead
        title="Alerts"
        lead="A question asked every hour or day, and a message when its answer crosses a line."
      >
        <button type="button" className="press press-first" onClick={() => open(true)}>
          <Icon name="plus" size={13} />
          New alert
        </button>
      </PageHead>
      <section className="card" aria-label="Alerts">
        {alerts.isPending && <Waiting label="Reading the alerts" />}
        {alerts.error && <Failure error={alerts.error} retry={() => void alerts.refetch()} />}
        {alerts.data?.length === 0 && (
          <Empty
            title="Nobody is told of anything yet"
            action={
              <button type="button" className="press" onClick={() => open(true)}>
                Make an alert
              </button>
            }
          >
            Save a trend, say what is too much or too little, and where the message goes: by mail,
            or to a webhook. The message holds the number, never a person.
          </Empty>
        )}
        <ul>
          {(alerts.data ?? []).map((alert) => (
            <Line key={alert.id} alert={alert} questions={questions.data ?? []} />
          ))}
        </ul>
      </section>
      <Dialog title="New alert" open={isNew} onClose={() => open(false)}>
        <AlertForm questions={questions.data ?? []} onDone={() => open(false)} />
      </Dialog>
    </>
  );
}

const STATES = {
  new: { word: 'not looked yet', tone: '', icon: 'minus' },
  ok: { word: 'quiet', tone: 'bg-accent-soft text-accent-text', icon: 'check' },
  firing: { word: 'crossed', tone: 'bg-bad-soft text-bad', icon: 'alert' },
  failed: { word: 'failed', tone: 'bg-warn-soft text-warn', icon: 'cross' },
} as const;

const receiver = (to: Alert['to'][number]) => ('mail' in to ? to.mail : to.webhook);

/** Why the last look found nothing out, and what could not be delivered. */
function Trouble({ alert }: { alert: Alert }) {
  const { failed, lost = 0, waiting = 0 } = alert;
  if (!failed && lost === 0 && waiting === 0) return null;
  return (
    <p className="mt-1 text-sm text-warn">
      {failed && (
        <>
          The last look found nothing out: <code className="font-mono text-xs">{failed}</code>.{' '}
        </>
      )}
      {waiting > 0 && `${plural(waiting, 'message')} still tried. `}
      {lost > 0 && `${plural(lost, 'message')} given up.`}
    </p>
  );
}

function TestResults({ test }: { test: AlertTest }) {
  return (
    <ul role="status" className="mt-1 text-sm">
      {test.results.map((each) => (
        <li key={receiver(each.to)} className={each.delivered ? '' : 'text-warn'}>
          {receiver(each.to)}: {each.delivered ? 'delivered' : (each.detail ?? each.code)}
        </li>
      ))}
    </ul>
  );
}

/** The line that an alert watches, in words. */
export function whenWords(when: Alert['when']): string {
  if ('above' in when) return `above ${exact(when.above)}`;
  if ('below' in when) return `below ${exact(when.below)}`;
  if ('rises' in when) return `rises by ${exact(when.rises)} %`;
  return `falls by ${exact(when.falls)} %`;
}

function Line({ alert, questions }: { alert: Alert; questions: readonly SavedQuestion[] }) {
  const client = useQueryClient();
  const again = () => client.invalidateQueries({ queryKey: ['alerts'] });
  const path = `api/alerts/${encodeURIComponent(alert.id)}`;
  const pause = useMutation({
    mutationFn: () => {
      const { name, question, series, when, every, to, paused } = alert;
      const next = { name, question, series, when, every, to, paused: !paused };
      return put(path + query({ version: alert.version }), next);
    },
    onSuccess: again,
  });
  const test = useMutation({ mutationFn: () => post<AlertTest>(`${path}/test`, {}) });
  const drop = useMutation({ mutationFn: () => remove(path), onSuccess: again });
  const failure = pause.error ?? test.error ?? drop.error;
  const state = alert.state && (STATES[alert.state] ?? STATES.failed);
  const saved = 'saved' in alert.question ? alert.question.saved : undefined;
  const asked =
    'saved' in alert.question ? questions.find((each) => each.id === saved) : alert.question;
  const link = asked && linkTo(asked, saved);
  const to = alert.to.map(receiver);
  return (
    <li className="border-b border-line px-5 py-3 last:border-b-0">
      <div className="flex items-start gap-3">
        <div className="min-w-0 flex-1">
          <p className="flex flex-wrap items-center gap-x-2.5 gap-y-1">
            <span className="font-medium">{alert.name}</span>
            {alert.paused ? (
              <span className="chip">paused</span>
            ) : (
              state && (
                <span className={`chip ${state.tone}`}>
                  <Icon name={state.icon} size={11} />
                  {state.word}
                </span>
              )
            )}
          </p>
          <p className="mt-0.5 text-sm text-soft">
            {asked && link ? (
              <Link
                {...link}
                className="underline decoration-line underline-offset-4 hover:decoration-current"
              >
                {kindTitle(asked.kind)}
              </Link>
            ) : (
              'A question that is gone'
            )}{' '}
            {whenWords(alert.when)}, looked at every {alert.every}, told to {to.join(', ')}.
            {alert.last && ` Last looked ${ago(alert.last, Date.now())}`}
            {alert.found && `, and found ${exact(alert.found.value)}`}
            {alert.last && '.'}
          </p>
          <Trouble alert={alert} />
          {test.data && <TestResults test={test.data} />}
        </div>
        <Menu
          label={`More about ${alert.name}`}
          icon="more"
          actions={[
            { label: 'Send a test', icon: 'bell', run: () => test.mutate() },
            {
              label: alert.paused ? 'Resume' : 'Pause',
              icon: alert.paused ? 'play' : 'pause',
              run: () => pause.mutate(),
            },
            { label: 'Delete', icon: 'close', grave: true, run: () => drop.mutate() },
          ]}
        />
      </div>
      {failure !== null && failure !== undefined && <Failure error={failure} />}
    </li>
  );
}
