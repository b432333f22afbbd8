// Signing in: by the one-time link, then by password. Nothing shows before.
import assert from 'node:assert/strict';
import { check } from './harness.mjs';
import { at, byPassword, heading, PASSWORD, rail, signIn } from './pages.mjs';

export async function checkSession({ page }) {
  await check('without a session, the console asks to sign in', async () => {
    await page.goto(at('insights/trend'));
    await heading(page, 'Sign in').waitFor();
    assert.equal(await rail(page).count(), 0);
  });
  await check('a link that is not one is refused, with its reason', async () => {
    await page.goto(at('?link=not-a-link'));
    await page.getByRole('alert').waitFor();
    assert.ok(!page.url().includes('link='), 'the token stays in the address');
  });
  await check('the one-time link signs in, and asks for a password', async () => {
    await signIn(page);
    assert.ok(!page.url().includes('link='), 'the token stays in the address');
  });
  await check('signing out closes the console', async () => {
    await page.getByRole('button', { name: 'Sign out' }).click();
    await heading(page, 'Sign in').waitFor();
    const answer = await page.request.get(at('api/session'));
    assert.equal(answer.status(), 401);
  });
  // Without a session nothing else can be seen, so the caller is told.
  return check('a wrong password is refused, the right one opens', async () => {
    await byPassword(page, 'not the password at all');
    await page.getByRole('alert').waitFor();
    await byPassword(page, PASSWORD);
    await rail(page).waitFor();
  });
}
