// First run: a key, a snippet, and a listener that ends only when a real event was seen.

import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import * as ask from '../api/ask';
import { host } from '../api/request';
import { useStream } from '../api/stream';
import type { Verdict } from '../api/wire';
import { among, one } from '../frame/search';
import { Choice, Code } from '../parts/field';
import { count } from '../parts/format';
import { Icon } from '../parts/icons';
import { Failure, PageHead, Section } from '../parts/page';
import { Remedy } from '../parts/remedy';
import { DoctorPanel } from './doctor';
import { KeyOnce, useMadeKeys, useMakeKey, useSourceFor } from './new-key';
import { LANGUAGES, SDKS, snippet, type Language, type SdkName } from './snippets';
import { VerdictCard } from './verdict-card';

const LANGUAGE_NAMES = LANGUAGES.map((each) => each.value);
const SHOWN_MAX = 6;

function useArrivals() {
  const [seen, setSeen] = useState<Verdict[]>([]);
  const state = useStream<Verdict>('api/verdicts/stream', 'verdict', (verdict) =>
    setSeen((before) => [verdict, ...before].slice(0, SHOWN_MAX)),
  );
  return { seen, state };
}

export default function Start() {
  const search = useSearch({ strict: false });
  const navigate = useNavigate();
  const language = among<Language>(one(search, 'with'), LANGUAGE_NAMES);
  const sdk = among<SdkName>(one(search, 'sdk'), SDKS.map((each) => each.value));
  const { seen, state } = useArrivals();
  const refused = seen.find((each) => each.code === 'consent-absent');
  const kept = seen.find((each) => each.outcome === 'accepted');
  const set = (change: { with?: Language; sdk?: SdkName }) =>
    void navigate({ to: '/start', search: { ...search, ...change }, replace: true });
  return (
    <>
      <PageHead
        title="First event"
        lead="Point an unmodified SDK here and watch the gate judge what it sends."
      />
      <div className="grid items-start gap-5 xl:grid-cols-[minmax(0,1fr)_21.5rem]">
        <div className="min-w-0">
          <Steps sdk={sdk} language={language} set={set} source={one(search, 'source')}
            needsConsent={Boolean(refused)} />
        </div>
        <div className="order-first min-w-0 xl:sticky xl:top-6 xl:order-none">
          <Listener seen={seen} state={state} kept={kept} sdk={sdk}
            language={language} />
        </div>
      </div>
    </>
  );
}

function Steps(props: {
  sdk: SdkName;
  language: Language;
  set: (change: { with?: Language; sdk?: SdkName }) => void;
  source: string | undefined;
  needsConsent: boolean;
}) {
  const keyKind = LANGUAGES.find((each) => each.value === props.language)?.keyKind ?? 'site';
  const key = useMadeKeys()[keyKind];
  const fill = { host: host(), key: key ?? (keyKind === 'site' ? 'SITE_KEY' : 'SERVER_KEY') };
  const plain = snippet(props.sdk, props.language, { ...fill, consent: false });
  const given = snippet(props.sdk, props.language, { ...fill, consent: true });
  return (
    <>
      <Section
        title="1. Choose how you send"
        action={
          <div className="flex flex-wrap gap-2">
            <Choice label="SDK" hideLabel value={props.sdk} options={SDKS}
              onChange={(sdk) => props.set({ sdk })} />
            <Choice label="Language" hideLabel value={props.language} options={LANGUAGES}
              onChange={(language) => props.set({ with: language })} />
          </div>
        }
      >
        <KeyStep kind={keyKind} keyText={key} source={props.source} />
      </Section>
      <Section title="2. Send an event" lead="Stock SDK, stock call. Nothing of ours in it.">
        <div className="flex flex-col gap-3 px-5 pb-5">
          {plain.install && <Code label="Install" code={plain.install} />}
          <Code label="Code that sends an event" code={plain.code} />
        </div>
      </Section>
      <Section
        title="3. Send the person's choice with it"
        lead={
          'Unknown is a no: without it, an event is refused, or kept only for what needs no ' +
          'consent. The marked lines say what the person agreed to.'
        }
      >
        <div className="px-5 pb-5">
          <Code label="Code that sends consent" code={given.code} mark={given.mark} />
          <div className="mt-2 text-soft">
            <Remedy text={given.says} />
          </div>
          {props.needsConsent && (
            <p role="status" className="mt-3 flex gap-2 text-sm text-warn">
              <span className="mt-0.5">
                <Icon name="up" />
              </span>
              Your event arrived without it. Add the marked lines and send again.
            </p>
          )}
        </div>
      </Section>
    </>
  );
}

function KeyStep(props: {
  kind: 'site' | 'server';
  keyText: string | undefined;
  source: string | undefined;
}) {
  const { kind, keyText } = props;
  const make = useMakeKey();
  const fitting = useSourceFor(kind);
  const source = props.source ?? fitting;
  const name = kind === 'site' ? 'site key' : 'server key';
  return (
    <div className="px-5 pb-5">
      {keyText ? (
        <KeyOnce keyText={keyText} />
      ) : (
        <div className="flex flex-wrap items-center gap-3">
          <button
            type="button"
            className="press press-first"
            disabled={make.isPending}
            onClick={() => make.mutate(source === undefined ? { kind } : { kind, source })}
          >
            <Icon name="key" />
            Create a {name}
          </button>
          <p className="text-sm text-soft">
            {source ? `For ${source}. ` : ''}It is filled into the code below. Or use one you have.
          </p>
        </div>
      )}
      {make.error && <Failure error={make.error} />}
    </div>
  );
}

const TROUBLE_AFTER_MS = 30_000;

function Listener(props: {
  seen: Verdict[];
  state: string;
  kept: Verdict | undefined;
  sdk: SdkName;
  language: Language;
}) {
  const sources = useQuery(ask.sources());
  const [trouble, setTrouble] = useState(false);
  const waiting = props.seen.length === 0;
  useEffect(() => {
    if (!waiting) return;
    const timer = setTimeout(() => setTrouble(true), TROUBLE_AFTER_MS);
    return () => clearTimeout(timer);
  }, [waiting]);
  const before = (sources.data ?? []).reduce((sum, each) => sum + each.counts.received, 0);
  return (
    <section className="card overflow-hidden" aria-label="Listener">
      <div className="flex items-center gap-3 px-5 py-4">
        <span
          aria-hidden="true"
          className={`size-2.5 rounded-full ${
            props.state === 'broken' ? 'bg-bad' : 'listens bg-accent'
          }`}
        />
        <div>
          <h2 className="font-semibold">{listenerTitle(props.state, waiting, props.kept)}</h2>
          <p className="text-sm text-soft">
            {!waiting
              ? 'The newest verdicts are on top'
              : before > 0
                ? `${count(before)} received before this page opened`
                : 'Nothing was received yet'}
          </p>
        </div>
      </div>
      <div aria-live="polite" className="flex flex-col gap-3 px-5 pb-5 empty:hidden">
        {props.seen.map((verdict) => (
          <VerdictCard key={verdict.sequence} verdict={verdict} sdk={props.sdk}
            language={props.language} />
        ))}
      </div>
      {props.kept && (
        <div className="flex flex-wrap gap-2 border-t border-line px-5 py-4">
          <Link to="/events" className="press press-first">
            See it live
          </Link>
          <Link to={'/insights/trend' as '/insights'} className="press">
            Ask a first question
          </Link>
        </div>
      )}
      {waiting && trouble && <DoctorPanel open />}
      {waiting && !trouble && <DoctorPanel />}
    </section>
  );
}

function listenerTitle(state: string, waiting: boolean, kept: Verdict | undefined): string {
  if (state === 'broken') return 'Connection lost, trying again';
  if (kept) return 'Your event was kept';
  if (!waiting) return 'Seen, and not kept';
  return 'Waiting for an event';
}
