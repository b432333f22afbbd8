// The live page: events as they come, held, filtered, opened in place.
import assert from 'node:assert/strict';
import { check, eventually } from './harness.mjs';
import { at } from './pages.mjs';
import { OPENED, track } from './traffic.mjs';

const SHOWN_WITHIN_MS = 1_500;

export async function checkLive(shared) {
  const { page } = shared;
  const list = page.getByRole('region', { name: 'Kept events' });
  const rows = list.locator('tbody tr:has(th)');
  const opened = () => rows.filter({ hasText: OPENED }).count();

  await check('a kept event appears on the open live page', async () => {
    const [stream] = await Promise.all([
      page.waitForResponse((answer) => answer.url().includes('events/stream')),
      page.goto(at(`events?find=${encodeURIComponent(OPENED)}`)),
    ]);
    assert.equal(stream.status(), 200);
    await list.getByText('Listening').waitFor();
    const before = await opened();
    await track(shared.key, { consent: true });
    await eventually('one more row', async () => (await opened()) > before, SHOWN_WITHIN_MS);
  });
  await check('a row opens in place, says what it is for, and leads to the person', async () => {
    await rows.first().getByRole('button').click();
    const details = list.locator('tbody tr:not([hidden])', { hasText: 'happened' }).first();
    await details.waitFor();
    assert.match(await details.textContent(), /analyse/);
    await details.getByRole('link', { name: /^Timeline of/ }).click();
    await page.getByRole('region', { name: 'Timeline' }).getByText(OPENED).first().waitFor();
    await page.goBack();
    await rows.first().waitFor();
  });
  await check('a paused list holds what arrives, and shows it on resuming', async () => {
    await page.getByRole('button', { name: 'Pause' }).click();
    const before = await opened();
    await track(shared.key, { consent: true });
    await page.getByRole('button', { name: /Resume \(\d+ new\)/ }).waitFor();
    assert.equal(await opened(), before);
    await page.getByRole('button', { name: /Resume/ }).click();
    await eventually('one more row', async () => (await opened()) > before);
  });
  await check('a filter is in the address, and hides what does not match', async () => {
    await page.getByLabel('Filter').fill('no such event at all');
    await page.getByText('No event to show').waitFor();
    await eventually('the address holds it', () => page.url().includes('find=no+such'));
  });
  await check('verdicts show refusals by code, without a payload', async () => {
    await page.goto(at('events?show=verdicts&find=consent-absent'));
    const verdicts = page.getByRole('region', { name: 'Verdicts' }).first();
    await verdicts.getByText('consent-absent').first().waitFor();
    assert.ok(!(await verdicts.textContent()).includes(OPENED), 'a refusal shows its payload');
  });
}
