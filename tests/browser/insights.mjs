// The oldest four kinds: what was sent is what chart and table say, and the address holds the view.
import assert from 'node:assert/strict';
import { check, eventually } from './harness.mjs';
import { at } from './pages.mjs';
import { OPENED, PAID, PAYERS, PEOPLE, shopHour } from './traffic.mjs';

const e = encodeURIComponent;
const funnel = `steps.0.event=${e(OPENED)}&steps.1.event=${e(PAID)}`;
const number = (text) => Number(text.replace(/[^\d]/g, ''));

export async function checkInsights(shared) {
  const { page } = shared;
  const answer = page.getByRole('region', { name: 'Answer' });
  const table = page.getByRole('region', { name: 'The same numbers as a table' });
  const footer = () => answer.locator('footer').textContent();

  await check('what was sent is in the catalogue', async () => {
    const sources = await (await page.request.get(at('api/sources'))).json();
    const source = sources.find((each) => each.kind === 'server').name;
    const made = await page.request.post(at('api/keys'), { data: { kind: 'server', source } });
    await shopHour((await made.json()).key);
    await eventually('the catalogue knows the events', async () => {
      const response = await page.request.get(at('api/catalogue/events?purpose=analyse'));
      const names = (await response.json()).map((each) => each.event);
      return names.includes(OPENED) && names.includes(PAID);
    });
  });
  await check('a trend has a sentence, a chart, a table twin and its cost', async () => {
    await page.goto(at(`insights/trend?series.0.event=${e(PAID)}&last=7d`));
    await answer.locator('figcaption').waitFor();
    assert.ok((await answer.locator('figcaption').textContent()).length > 10);
    assert.ok((await answer.locator('svg path').count()) > 0, 'no line is drawn');
    assert.match(await footer(), /rows.*as of/);
    await answer.getByText('Table', { exact: true }).click();
    const total = await table.locator('tbody tr').first().locator('td').first().textContent();
    assert.ok(number(total) >= PAYERS, `total is ${total}`);
    assert.match(page.url(), /view=table/);
  });
  await check('arrow keys walk the chart and say its numbers', async () => {
    await page.goto(at(`insights/trend?series.0.event=${e(PAID)}&last=7d`));
    await answer.getByRole('group', { name: /^Chart/ }).focus();
    await page.keyboard.press('ArrowLeft');
    const said = answer.locator('[aria-live="polite"]');
    await eventually('a number is said', async () => /\d/.test(await said.textContent()));
  });
  await check('a trend counts people, compares events, and its address reproduces it', async () => {
    await page.goto(at('insights/trend'));
    await page.getByLabel('Event', { exact: true }).selectOption(OPENED);
    await answer.locator('figcaption').waitFor();
    await page.getByLabel('Event: count', { exact: true }).selectOption('people');
    await page.getByRole('button', { name: 'Compare' }).click();
    await page.getByLabel('Event 2', { exact: true }).selectOption(PAID);
    await eventually('the address holds it', () => /series\.0\.count=people/.test(page.url()));
    await eventually('both events are in it', () => page.url().includes('Paid'));
    await answer.locator('li', { hasText: PAID }).first().waitFor();
    const other = await shared.context.newPage();
    await other.goto(page.url());
    const again = other.getByRole('region', { name: 'Answer' });
    await again.locator('li', { hasText: PAID }).first().waitFor();
    const lines = (from) => from.locator('ul > li').allTextContents();
    assert.deepEqual(await lines(again), await lines(answer));
    assert.equal(await other.getByLabel('Event 1: count').inputValue(), 'people');
    await other.close();
  });
  await check('a funnel counts who went on, in chart and table alike', async () => {
    await page.goto(at(`insights/funnel?${funnel}&window=1d&last=7d`));
    await answer.locator('figcaption').waitFor();
    const bars = await answer.locator('ol > li').allTextContents();
    assert.equal(bars.length, 2);
    await answer.getByText('Table', { exact: true }).click();
    await table.waitFor();
    const people = await table.locator('tbody tr td:first-of-type').allTextContents();
    const [opened, paid] = people.map(number);
    assert.ok(opened >= PEOPLE && paid >= PAYERS && paid < opened, `${opened} to ${paid}`);
    assert.ok(bars[0].includes(people[0]) && bars[1].includes(people[1]), 'chart and table differ');
  });
  await check('a funnel is built by hand, and steps move without dragging', async () => {
    await page.goto(at('insights/funnel?last=7d'));
    await page.getByLabel('Step 1', { exact: true }).selectOption(PAID);
    await page.getByLabel('Step 2', { exact: true }).selectOption(OPENED);
    await page.getByRole('button', { name: 'Move step 2 up' }).click();
    await eventually('the steps changed places', async () => {
      const search = new URL(page.url()).searchParams;
      const step = (at) => search.get(`steps.${at}.event`);
      return step(0) === OPENED && step(1) === PAID;
    });
    await answer.locator('figcaption').waitFor();
  });
  await check('retention is a grid that reads as a table', async () => {
    await page.goto(at(`insights/retention?start.event=${e(OPENED)}&interval=day&last=7d`));
    const grid = page.getByRole('region', { name: 'Retention grid' });
    await grid.locator('tbody tr').first().waitFor();
    const first = await grid.locator('tbody tr').last().locator('td').first().textContent();
    assert.ok(number(first) >= 0);
    assert.match(await footer(), /rows/);
  });
  await check('a cohort counts people who did one thing and not another', async () => {
    const count = async (address) => {
      await page.goto(at(address));
      await answer.locator('figcaption').waitFor();
      return number(await answer.locator('.text-5xl').textContent());
    };
    const bought = `insights/cohort?all.0.event=${e(OPENED)}`;
    const all = await count(`${bought}&last=7d`);
    const idle = await count(`${bought}&none.0.event=${e(PAID)}&last=7d`);
    assert.ok(all >= PEOPLE, `${all} people opened a basket`);
    assert.ok(idle >= PEOPLE - PAYERS && idle < all, `${idle} of ${all} did not pay`);
  });
  await check('a filter on a property narrows the answer', async () => {
    const total = async (where) => {
      const seen = 'purpose=analyse&last=7d&view=table';
      await page.goto(at(`insights/trend?series.0.event=${e(OPENED)}&${seen}${where}`));
      await table.waitFor();
      const cell = table.locator('tbody tr').first().locator('td').first();
      return number(await cell.textContent());
    };
    const properties = await (await page.request.get(at('api/catalogue/properties'))).json();
    const isColumn = properties.some((each) => each.property === 'currency' && each.column);
    assert.ok(isColumn, 'the shipped catalogue has a column for the currency');
    const only = 'series.0.where.0';
    const [all, some] = [await total(''), await total(`&${only}.property=currency&${only}.is=SEK`)];
    assert.ok(some > 0 && some < all, `${some} of ${all}`);
  });
  await check('a period without events teaches instead of showing an empty chart', async () => {
    await page.goto(at('insights/trend?from=2001-01-01&to=2001-01-07'));
    await page.getByText('Nothing in this period').waitFor();
  });
}
