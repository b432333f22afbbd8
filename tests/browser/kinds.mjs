// The later kinds: each answers in a sentence, as a chart and as its table; a number opens the
// people behind it; what is kept is found again.
import assert from 'node:assert/strict';
import { check, eventually } from './harness.mjs';
import { at, heading } from './pages.mjs';
import { OPENED, PAID, PAID_AT, PAYERS, PEOPLE } from './traffic.mjs';

const e = encodeURIComponent;
const QUIET_MS = 280;
const number = (text) => Number(text.replace(/[^\d]/g, ''));
const trend = `insights/trend?series.0.event=${e(PAID)}&series.0.count=people`;
const funnel = `insights/funnel?steps.0.event=${e(OPENED)}&steps.1.event=${e(PAID)}&window=1d`;

export async function checkKinds(shared) {
  const { page } = shared;
  const answer = page.getByRole('region', { name: 'Answer', exact: true });
  const table = page.getByRole('region', { name: 'The same numbers as a table' });
  const drawer = page.locator('dialog[open]');
  const open = async (path) => {
    await page.goto(at(path));
    await answer.locator('figcaption').waitFor();
  };

  await check('the index shows what each kind answers, and leads there', async () => {
    await page.goto(at('insights'));
    await page.locator('main').getByRole('link', { name: /^Retention/ }).waitFor();
    assert.ok((await page.locator('main ul a').count()) >= 11);
    await page.locator('main').getByRole('link', { name: /^Retention/ }).click();
    await heading(page, 'Retention').waitFor();
    await answer.locator('figcaption').waitFor();
  });
  for (const kind of ['paths', 'lifecycle', 'stickiness', 'sessions']) {
    await check(`${kind} answers with a sentence, a chart and the same as a table`, async () => {
      await open(`insights/${kind}?last=7d`);
      assert.ok((await answer.locator('figcaption').textContent()).length > 10);
      assert.ok((await answer.locator('figure svg').count()) > 0, 'nothing is drawn');
      await answer.getByText('Table', { exact: true }).click();
      await table.locator('tbody tr').first().waitFor();
      assert.match(page.url(), /view=table/);
    });
  }
  await check('paths begin with an event, and their flow is walked by keys', async () => {
    await open(`insights/paths?starts.event=${e(OPENED)}&last=7d`);
    await answer.getByRole('group', { name: /^Flow/ }).focus();
    await page.keyboard.press('ArrowDown');
    const said = answer.locator('[aria-live="polite"]').last();
    await eventually('an edge is said', async () => / to .*: \d/.test(await said.textContent()));
  });
  await check('a property lists its values, the commonest first', async () => {
    await open('insights/values?property=currency&purpose=analyse&last=7d');
    const rows = page.getByRole('region', { name: 'Values' }).locator('tbody tr');
    const counts = (await rows.locator('td.number:nth-of-type(2)').allTextContents()).map(number);
    assert.ok(counts.length > 0);
    assert.deepEqual(counts, [...counts].sort((a, b) => b - a));
  });
  await check('a trend takes a formula, a period before and an average line', async () => {
    const two = `series.0.event=${e(OPENED)}&series.1.event=${e(PAID)}`;
    await open(`insights/trend?${two}&last=7d`);
    await page.getByLabel('Beside').selectOption('previous');
    await eventually('it is in the address', () => page.url().includes('compare=previous'));
    await answer.getByText('before', { exact: true }).first().waitFor();
    await page.getByText('More to ask').click();
    await page.getByLabel('Formula').fill('B / A * 100');
    await page.getByLabel('Formula').press('Enter');
    await eventually('it is in the address', () => /formula=/.test(page.url()));
    await answer.locator('figcaption').waitFor();
    assert.equal(await page.getByRole('alert').count(), 0);
  });
  await check('a condition takes an operator, and is not asked while it is begun', async () => {
    await open(`insights/trend?series.0.event=${e(OPENED)}&purpose=analyse&last=7d`);
    await page.getByRole('button', { name: 'Filter', exact: true }).click();
    const row = page.getByRole('form', { name: 'Event, condition 1' });
    await row.getByLabel(/property$/).selectOption('currency');
    await row.getByLabel(/operator$/).selectOption('is_not');
    assert.equal(await page.getByRole('alert').count(), 0);
    await row.getByLabel(/value$/).fill('SEK');
    await row.getByLabel(/value$/).press('Enter');
    await eventually('it is in the address', () => /where\.0\.is_not=SEK/.test(page.url()));
    await answer.locator('figcaption').waitFor();
  });
  await check('Enter on a point opens the people behind it, held by the address', async () => {
    await open(`${trend}&last=7d`);
    await answer.getByRole('group', { name: /^Chart/ }).focus();
    await page.keyboard.press('ArrowLeft');
    if (PAID_AT.getUTCDate() !== new Date().getUTCDate()) await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('Enter');
    await drawer.locator('tbody tr').first().waitFor();
    assert.match(page.url(), /pick\.start=/);
    await page.reload();
    await drawer.locator('tbody tr').first().waitFor();
    await page.keyboard.press('Escape');
    await eventually('the drawer is closed', async () => (await drawer.count()) === 0);
    assert.ok(!page.url().includes('pick.'), 'the pick stays in the address');
  });
  await check('who stopped in a funnel is listed, and leads to a timeline', async () => {
    await open(`${funnel}&last=7d`);
    await answer.getByRole('button', { name: /stopped here/ }).click();
    await drawer.locator('tbody tr').first().waitFor();
    if (shared.data) {
      const all = await drawer.locator('tbody tr').count();
      assert.ok(all >= PEOPLE - PAYERS, `${all} people stopped`);
    }
    await drawer.locator('tbody a').first().click();
    await page.getByRole('region', { name: 'Timeline' }).waitFor();
  });
  await check('a long question says how far it is, and can be stopped', async () => {
    const far = { rows: 12_000, bytes: 40, of_bytes: 100, seconds: 1, phase: 'reading' };
    let stopped = '';
    let release = () => {};
    const held = new Promise((done) => {
      release = done;
    });
    let asked = 0;
    await page.route('**/api/query/retention', async (route) => {
      asked = Date.now();
      await held;
      await route.continue().catch(() => {});
    });
    await page.route('**/api/queries/*/events', (route) =>
      route.fulfill({
        contentType: 'text/event-stream',
        body: `event: progress\ndata: ${JSON.stringify(far)}\n\n`,
      }),
    );
    await page.route('**/api/queries/*', (route) => {
      stopped = route.request().method();
      release();
      return route.fulfill({ json: {} });
    });
    await page.goto(at('insights/retention?last=7d'), { waitUntil: 'commit' });
    await page.getByRole('progressbar').waitFor();
    assert.ok(Date.now() - asked >= QUIET_MS, 'it shows at once');
    await answer.getByText(/12,000 rows, 40.%/).waitFor();
    await answer.getByRole('button', { name: 'Stop' }).click();
    await eventually('the server is told', () => stopped === 'DELETE');
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    await answer.locator('figcaption').waitFor();
  });
  await check('an answer is taken away as a table and as a picture', async () => {
    await open(`${trend}&last=7d`);
    for (const [label, name] of [['CSV', 'trend.csv'], ['PNG', 'trend.png']]) {
      await answer.getByRole('button', { name: 'Export' }).click();
      const [file] = await Promise.all([
        page.waitForEvent('download'),
        answer.getByRole('button', { name: new RegExp(`^${label}`) }).click(),
      ]);
      assert.equal(file.suggestedFilename(), name);
    }
  });
  await check('a picture is drawn only when the server lets it leave', async () => {
    let asked;
    await page.route('**/api/export/picture', async (route) => {
      asked = route.request().postDataJSON();
      const refusal = { title: 'this may not leave', status: 403, code: 'no-grant' };
      await route.fulfill({ status: 403, json: refusal, contentType: 'application/problem+json' });
    });
    let drawn = 0;
    const count = () => (drawn += 1);
    page.on('download', count);
    await open(`${trend}&last=7d&purpose=analyse`);
    await answer.getByRole('button', { name: 'Export' }).click();
    await answer.getByRole('button', { name: /^PNG/ }).click();
    await page.getByRole('alert').getByText('no-grant').waitFor();
    assert.deepEqual(asked, { purpose: 'analyse', kind: 'trend' });
    assert.equal(drawn, 0);
    page.off('download', count);
    await page.unroute('**/api/export/picture');
  });
  await check('a question is kept, found by the palette, and reopened as it was', async () => {
    await open(`${trend}&last=90d`);
    await answer.getByRole('button', { name: 'Keep' }).click();
    await answer.getByRole('button', { name: 'Save as a question' }).click();
    const name = `Payers ${Date.now()}, long`;
    await page.getByLabel('Name', { exact: true }).fill(name);
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await heading(page, name).waitFor();
    await page.goto(at('ledger'));
    await heading(page, 'Ledger').waitFor();
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: 'Search or go to' }).fill(name.toLowerCase().slice(0, -3));
    await page.getByRole('option', { name }).waitFor();
    await page.keyboard.press('Enter');
    await heading(page, name).waitFor();
    await answer.locator('figcaption').waitFor();
    assert.equal(await page.getByLabel('Event: count').inputValue(), 'people');
    assert.equal(await page.getByLabel('Period', { exact: true }).inputValue(), '90d');
  });
  await check('a cohort is saved, and narrows another question', async () => {
    await open(`insights/cohort?all.0.event=${e(PAID)}&last=7d`);
    await answer.getByRole('button', { name: 'Save as a cohort' }).click();
    const name = `Payers ${Date.now()}`;
    await page.getByLabel('Name of the cohort').fill(name);
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await answer.getByText(/^Saved\./).waitFor();
    await page.goto(at('insights/retention?last=7d'));
    await page.getByText('More to ask').click();
    await page.getByLabel('Only people of').selectOption(name);
    await eventually('it is in the address', () => page.url().includes('people.in='));
    await answer.locator('figcaption').waitFor();
  });
  await check('a list of people is brought, replaced and deleted', async () => {
    await page.goto(at('insights'));
    const cohorts = page.getByRole('region', { name: 'Cohorts', exact: true });
    const name = `Brought ${Date.now()}`;
    await cohorts.getByRole('button', { name: 'Bring a list' }).click();
    await page.getByLabel('Name of the cohort').fill(name);
    await page.getByLabel('Ids, one on each line').fill('u1\nu2, u2\n\nnobody');
    await page.getByRole('button', { name: 'Take 3' }).click();
    const line = cohorts.getByRole('listitem').filter({ hasText: name });
    await line.getByText(/^A list, changed/).waitFor();
    const act = async (label) => {
      await line.getByRole('button', { name: `More about ${name}` }).click();
      await page.getByRole('button', { name: label, exact: true }).click();
    };
    await act('Replace the list');
    await page.getByLabel('Ids, one on each line').fill('u3');
    await page.getByRole('button', { name: 'Take 1' }).click();
    await page.getByRole('dialog', { name: `Who is in ${name}` }).waitFor({ state: 'hidden' });
    await act('Delete');
    await line.waitFor({ state: 'detached' });
  });
}
