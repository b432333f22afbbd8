// Keys, purposes, erasure and the ledger, as an operator meets them.
import assert from 'node:assert/strict';
import { check, eventually } from './harness.mjs';
import { at } from './pages.mjs';
import { PAID, person } from './traffic.mjs';

const number = (text) => Number(text.replace(/[^\d]/g, ''));

export async function checkTrust({ page }) {
  await check('the outcomes of a source are shown and sum to what it sent', async () => {
    await page.goto(at('sources'));
    await page.getByText('received').first().waitFor();
    const sources = await (await page.request.get(at('api/sources'))).json();
    for (const { name, counts } of sources) {
      const { received, refused, ...ends } = counts;
      const all = [...Object.values(ends), ...Object.values(refused)];
      assert.equal(all.reduce((sum, each) => sum + each, 0), received, name);
      await page.getByRole('heading', { name, exact: true }).waitFor();
    }
  });
  await check('a key is made, shown once, and revoked', async () => {
    const keys = page.getByRole('region', { name: 'Keys' }).first();
    await keys.getByRole('button', { name: 'Create key' }).click();
    const shown = keys.locator('[role="status"]', { hasText: 'Shown once' }).locator('code');
    const key = (await shown.textContent()).trim();
    const listed = await eventually('the key is listed', async () => {
      const all = await (await page.request.get(at('api/keys'))).json();
      return all.find((each) => key.startsWith(each.prefix));
    });
    const row = keys.locator('tbody tr', { hasText: listed.prefix });
    await row.getByRole('button', { name: /^Revoke/ }).click();
    await row.getByRole('button', { name: /^Revoke/ }).click();
    await eventually('the key is revoked', async () => {
      const all = await (await page.request.get(at('api/keys'))).json();
      return all.every((each) => each.id !== listed.id || each.revoked);
    });
    await row.getByRole('button').first().waitFor({ state: 'detached' });
  });
  await check('purposes are listed with their permanent numbers', async () => {
    await page.goto(at('policy'));
    const purposes = page.getByRole('region', { name: 'Purposes' });
    await purposes.getByText('measure', { exact: true }).waitFor();
    assert.ok((await purposes.locator('li').count()) >= 5);
  });
  await check('a visitor is told what silence permits, what a yes opens, and which rule decides', async () => {
    const panel = page.getByRole('region', { name: 'Who may be asked what' });
    const sources = await (await page.request.get(at('api/sources'))).json();
    const site = sources.find((each) => each.kind === 'site').name;
    await panel.getByLabel('Source', { exact: true }).selectOption(site);
    await panel.getByRole('status').getByText('consent-absent').waitFor();
    const row = panel.locator('tbody tr', { hasText: 'Count the audience' });
    await row.getByText('none is known').waitFor();
    await panel.getByText('yes to all', { exact: true }).click();
    await row.getByText('The person said yes').waitFor();
    const sell = panel.locator('tbody tr', { has: page.locator('code', { hasText: /^sell$/ }) });
    await sell.getByText('open', { exact: true }).waitFor();
    await panel.getByText('on', { exact: true }).click();
    await sell.getByText('closed', { exact: true }).waitFor();
    await sell.getByText('The browser asks').waitFor();
    await panel.getByLabel('Age').selectOption('fifteen');
    await row.getByText('is a child').waitFor();
  });
  await check('a person takes their events away', async () => {
    await page.goto(at('rights'));
    await page.getByLabel('Id', { exact: true }).fill(person(0));
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download' }).click(),
    ]);
    assert.equal(file.suggestedFilename(), 'person.jsonl');
    await page.getByText(/\d+ lines? downloaded/).waitFor();
  });
  await check('erasing asks twice, and the person leaves every answer at once', async () => {
    const payers = async () => {
      const now = Date.now();
      const response = await page.request.post(at('api/query/cohort'), {
        data: {
          purpose: 'analyse',
          from: new Date(now - 2 * 86_400_000).toISOString(),
          to: new Date(now + 86_400_000).toISOString(),
          all: [{ event: PAID, at_least: 1 }],
          none: [],
        },
      });
      return (await response.json()).people;
    };
    const before = await payers();
    await page.getByRole('button', { name: 'Erase this person' }).click();
    const sure = page.getByRole('button', { name: 'Erase for good' });
    assert.ok(await sure.isDisabled(), 'erasing asks for the id again');
    await page.getByLabel('The same id again').fill(person(0));
    await sure.click();
    await page.getByText('Invisible from now on').waitFor();
    assert.equal(await payers(), before - 1);
    const erasures = page.getByRole('region', { name: 'Erasures' });
    await erasures.locator('tbody tr').first().waitFor();
  });
  await check('the ledger shows its checkpoint, and verifies', async () => {
    await page.goto(at('ledger'));
    const text = await page.getByRole('region', { name: 'Signed checkpoint' }).textContent();
    assert.ok(number(text) > 0);
    await page.getByRole('button', { name: 'Verify now' }).click();
    await page.getByText('The chain holds').waitFor();
    const facts = page.getByRole('region', { name: 'Facts' }).locator('tbody');
    await eventually('a purpose has its name', async () =>
      /purpose: [a-z]/.test(await facts.textContent()));
    assert.doesNotMatch(await facts.textContent(), /purpose: \d/);
  });
}
