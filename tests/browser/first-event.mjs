// First run: a key made in the page, a stock call refused for want of consent, then one kept.
import assert from 'node:assert/strict';
import { check, eventually } from './harness.mjs';
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
    const shown = page.locator('code', { hasText: /^cnd_\S{12,}$/ }).first();
    shared.key = (await shown.textContent()).trim();
    const code = await page.getByRole('region', { name: 'Code that sends an event' }).textContent();
    assert.ok(code.includes(shared.key), 'the key is not in the snippet');
    assert.ok(code.includes(at('').replace(/\/$/, '')), 'the host is not in the snippet');
  });
  const choose = (name) => page.locator('label', { hasText: new RegExp(`^${name}$`) }).click();
  const sdks = { PostHog: /\$consent/, Snowplow: /consent_preferences/, Segment: /categoryPrefer/ };
  for (const [sdk, says] of Object.entries(sdks)) {
    await check(`each ${sdk} snippet marks what sends consent, and has the key`, async () => {
      await choose(sdk);
      for (const language of ['Browser', 'Node', 'Python', 'curl']) {
        await choose(language);
        const consent = page.getByRole('region', { name: 'Code that sends consent' });
        await eventually(`${language} says it`, async () => says.test(await consent.textContent()));
        assert.ok((await consent.locator('.border-accent').count()) > 0, language);
        if (['Browser', 'curl'].includes(language)) {
          assert.ok((await consent.textContent()).includes(shared.key), language);
        }
      }
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
