// Nobody passes without a session. Signs in by the one-time link or by password, and asks for a
// password once a link was used. Never shows a page before the server has said who is asking.

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState, type FormEvent, type ReactNode } from 'react';
import * as ask from '../api/ask';
import { asProblem } from '../api/problem';
import { post } from '../api/request';
import { Text } from '../parts/field';
import { Mark } from '../parts/icons';
import { Failure, Waiting } from '../parts/page';

export function Gate({ token, children }: { token: string | null; children: ReactNode }) {
  const client = useQueryClient();
  const [link, setLink] = useState<'open' | 'used' | { error: unknown }>(token ? 'open' : 'used');
  const [later, setLater] = useState(false);
  const asked = useRef(false);

  useEffect(() => {
    // A one-time link works once; effects may run twice.
    if (token === null || asked.current) return;
    asked.current = true;
    post('api/session/link', { token }).then(
      () => setLink('used'),
      (error: unknown) => setLink({ error }),
    );
  }, [token]);

  const session = useQuery({ ...ask.session(), enabled: link !== 'open' });
  if (link === 'open' || session.isPending) {
    return (
      <Front title="Candor">
        <Waiting label="Signing in" />
      </Front>
    );
  }
  if (session.error && asProblem(session.error).status !== 401) {
    return (
      <Front title="Candor">
        <Failure error={session.error} retry={() => void session.refetch()} />
      </Front>
    );
  }
  const again = () => client.invalidateQueries();
  if (!session.data) {
    return <SignIn linkError={link === 'used' ? null : link.error} onDone={again} />;
  }
  if (!session.data.password_set && !later) {
    return <SetPassword onDone={again} onLater={() => setLater(true)} />;
  }
  return children;
}

function Front({ title, children }: { title: string; children: ReactNode }) {
  useEffect(() => {
    document.title = title === 'Candor' ? title : `${title} · Candor`;
  }, [title]);
  return (
    <main className="grid min-h-dvh place-items-center px-4 py-10">
      <div className="w-full max-w-[25rem]">
        <div className="mb-6 flex items-center gap-3">
          <Mark size={34} />
          <div>
            <p className="font-semibold">Candor</p>
            <p className="text-sm text-soft">Analytics with one gate</p>
          </div>
        </div>
        <div className="card">{children}</div>
      </div>
    </main>
  );
}

function useSubmit(action: () => Promise<unknown>, onDone: () => void) {
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      await action();
      onDone();
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  return { error, busy, submit };
}

function SignIn({ linkError, onDone }: { linkError: unknown; onDone: () => void }) {
  const [password, setPassword] = useState('');
  const form = useSubmit(() => post('api/session', { password }), onDone);
  const error = form.error ?? linkError;
  return (
    <Front title="Sign in">
      <form className="flex flex-col gap-4 p-6" onSubmit={form.submit}>
        <h1 className="text-lg font-semibold">Sign in</h1>
        <Text
          label="Password"
          type="password"
          autoComplete="current-password"
          value={password}
          onChange={setPassword}
          required
        />
        <button type="submit" className="press press-first" disabled={form.busy}>
          Sign in
        </button>
        <p className="text-sm text-soft">
          No password yet? Open the one-time link that Candor printed when it started.
        </p>
      </form>
      {error !== null && <Failure error={error} />}
    </Front>
  );
}

const PASSWORD_LENGTH_MIN = 12;

function SetPassword({ onDone, onLater }: { onDone: () => void; onLater: () => void }) {
  const [password, setPassword] = useState('');
  const form = useSubmit(async () => {
    await post('api/session/password', { password });
    // A new password ends every session, this one too.
    await post('api/session', { password });
  }, onDone);
  const short = password.length < PASSWORD_LENGTH_MIN;
  return (
    <Front title="Choose a password">
      <form className="flex flex-col gap-4 p-6" onSubmit={form.submit}>
        <div>
          <h1 className="text-lg font-semibold">Choose a password</h1>
          <p className="mt-1 text-sm text-soft">
            The link you came by works once. With a password you can come back.
          </p>
        </div>
        <Text
          label="New password"
          type="password"
          autoComplete="new-password"
          value={password}
          onChange={setPassword}
          hint={`At least ${PASSWORD_LENGTH_MIN} characters; a few words are fine.`}
          required
        />
        <div className="flex gap-2">
          <button type="submit" className="press press-first" disabled={form.busy || short}>
            Save and go on
          </button>
          <button type="button" className="press press-quiet" onClick={onLater}>
            Not now
          </button>
        </div>
      </form>
      {form.error !== null && <Failure error={form.error} />}
    </Front>
  );
}
