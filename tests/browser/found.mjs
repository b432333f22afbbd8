// Catalogue, people and alerts, as an analyst meets them.
import assert from 'node:assert/strict';
import { check, eventually } from './harness.mjs';
import { at, heading } from './pages.mjs';
import { OPENED } from './traffic.mjs';

export async function checkFound(shared) {
  const { page } = shared;
  await check('the catalogue lists events and properties, and leads to their values', async () => {
    await page.goto(at(`catalogue?find=${encodeURIComponent(OPENED.slice(0, 6))}&purpose=analyse`));
    const events = page.getByRole('region', { name: 'Events' }).last();
    await events.getByRole('button', { name: OPENED }).click();
    await heading(page, `Properties of ${OPENED}`).waitFor();
    await page.getByLabel('Find a name').fill('curr');
    const properties = page.getByRole('region', { name: 'Properties', exact: true });
    await properties.getByRole('link', { name: 'currency', exact: true }).click();
    await heading(page, 'Properties').waitFor();
    assert.match(page.url(), /property=currency/);
  });
  await check('of many properties some are listed, those seen first, in the width there is', async () => {
    await page.goto(at('catalogue'));
    const properties = page.getByRole('region', { name: 'Properties', exact: true });
    const rows = properties.last().locator('tbody tr');
    await rows.first().waitFor();
    assert.equal(await rows.count(), 30);
    await properties.first().getByText(/\d more: type a part of the name/).waitFor();
    const seen = await rows.locator('td.number').allTextContents();
    assert.ok(Number(seen[0].replaceAll(/\D/g, '')) > 0, seen[0]);
    const [all, shown] = await properties.last().evaluate((e) => [e.scrollWidth, e.clientWidth]);
    assert.ok(all <= shown, `the table is ${all} wide in ${shown}`);
  });
  await check('a person is opened by number, and each purpose says what it may see', async () => {
    await page.goto(at('people'));
    const newest = page.getByRole('region', { name: 'Persons seen last' });
    const number = (await newest.locator('tbody a').first().textContent()).trim();
    await page.getByLabel('Id', { exact: true }).fill(number);
    await page.getByRole('button', { name: 'Open', exact: true }).click();
    await heading(page, `Person ${number}`).waitFor();
    await page.getByRole('button', { name: 'Look with each' }).click();
    const each = page.getByRole('region', { name: 'What each purpose may see' });
    await eventually('a purpose sees something', async () =>
      /\d/.test(await each.locator('li').allTextContents().then((all) => all.join(' '))));
    await each.getByRole('button', { name: /^Count the audience/ }).click();
    await eventually('the address holds the purpose', () => page.url().includes('purpose=measure'));
  });
  await check('an alert is made from a saved question, paused and deleted', async () => {
    const made = await page.request.post(at('api/questions'), {
      data: {
        name: 'Watched',
        kind: 'trend',
        question: {
          purpose: 'measure',
          from: '-1d',
          to: 'today',
          interval: 'day',
          series: [{ event: OPENED, count: 'events' }],
        },
      },
    });
    const question = await made.json();
    await page.goto(at('alerts?new=yes'));
    const name = `Watch ${Date.now()}`;
    await page.getByLabel('Saved question').selectOption(question.id);
    await page.getByLabel('Line', { exact: true }).fill('25');
    await page.getByLabel('Tell', { exact: true }).fill('shop@example.org');
    await page.getByLabel('Name (optional)').fill(name);
    await page.getByRole('button', { name: 'Make the alert' }).click();
    const line = page.getByRole('listitem').filter({ hasText: name });
    await line.getByText(/falls by 25 %/).waitFor();
    await line.getByRole('button', { name: /^More about/ }).click();
    await line.getByRole('button', { name: 'Pause' }).click();
    await line.getByText('paused').waitFor();
    await line.getByRole('button', { name: /^More about/ }).click();
    await line.getByRole('button', { name: 'Delete' }).click();
    await line.waitFor({ state: 'detached' });
    await page.request.delete(at(`api/questions/${question.id}`));
  });
}
