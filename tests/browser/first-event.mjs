// First run: a key made in the page, a stock call refused for want of consent, then one kept.
import assert from 'node:assert/strict';
import { check } from './harness.mjs';
import { at, heading } from './pages.mjs';
import { track } from './traffic.mjs';

const SHOWN_WITHIN_MS = 1_000;

export async function checkFirstEvent(shared) {
  const { page } = shared;
  const listener = page.getByRole('region', { name: 'Listener' });
  const card = (outcome) => listener.locator(`article[data-outcome="${outcome}"]`);

  await check('the first-event page makes a key and fills it into the code', async () => {
    const [stream] = await Promise.all([
      page.waitForResponse((answer) => answer.url().includes('verdicts/stream')),
      page.goto(at('start?with=curl')),
    ]);
    assert.equal(stream.status(), 200);
    await heading(page, 'First event').waitFor();
    await page.getByRole('button', { name: 'Create a site key' }).click();
    const shown = page.locator('code', { hasText: /^\S{16,}$/ }).first();
    shared.key = (await shown.textContent()).trim();
    const code = await page.getByRole('region', { name: 'Code that sends an event' }).textContent();
    assert.ok(code.includes(shared.key), 'the key is not in the snippet');
    assert.ok(code.includes(at('').replace(/\/$/, '')), 'the host is not in the snippet');
  });
  for (const language of ['Browser', 'Node', 'Python', 'curl']) {
    await check(`the ${language} snippet marks the line that sends consent`, async () => {
      await page.locator('label', { hasText: new RegExp(`^${language}$`) }).click();
      const consent = page.getByRole('region', { name: 'Code that sends consent' });
      assert.match(await consent.textContent(), /categoryPreferences/);
      assert.ok((await consent.locator('.border-accent').count()) > 0);
    });
  }
  await check('a stock call shows within a second as consent-absent, with its remedy', async () => {
    await track(shared.key);
    await card('refused').first().waitFor({ timeout: SHOWN_WITHIN_MS });
    const text = await card('refused').first().textContent();
    assert.match(text, /consent-absent/);
    assert.match(text, /categoryPreferences/, 'the line that sends consent is not shown');
  });
  await check('the same call with consent shows within a second as kept', async () => {
    await track(shared.key, { consent: true });
    await card('accepted').first().waitFor({ timeout: SHOWN_WITHIN_MS });
    assert.match(await card('accepted').first().textContent(), /measure/);
    await listener.getByRole('link', { name: 'See it live' }).waitFor();
  });
}
