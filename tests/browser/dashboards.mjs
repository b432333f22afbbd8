// Dashboards: made, filled, arranged by keys and buttons, filtered, and the people behind a tile.
import assert from 'node:assert/strict';
import { check, eventually } from './harness.mjs';
import { at, heading } from './pages.mjs';
import { OPENED, PAID } from './traffic.mjs';

const e = encodeURIComponent;

export async function checkDashboards(shared) {
  const { page } = shared;
  const title = `Board ${Date.now()}`;
  const tile = (name) => page.getByRole('article', { name });
  const saved = async () => {
    const all = await (await page.request.get(at('api/dashboards'))).json();
    return all.find((each) => each.name === title);
  };
  const place = ({ x, y, w, h }) => [x, y, w, h];

  await check('a dashboard is made, and says how to fill it', async () => {
    await page.goto(at('dashboards'));
    await page.getByRole('button', { name: 'New dashboard' }).click();
    await page.getByLabel('Name', { exact: true }).fill(title);
    await page.getByRole('button', { name: 'Create' }).click();
    await heading(page, title).waitFor();
    await page.getByText('Nothing on it yet').waitFor();
  });
  for (const [name, path] of [
    ['Paid', `insights/trend?series.0.event=${e(PAID)}&last=7d`],
    ['Opened', `insights/trend?series.0.event=${e(OPENED)}&series.0.count=people&last=7d`],
  ]) {
    await check(`an answer becomes the tile ${name}`, async () => {
      await page.goto(at(path));
      const answer = page.getByRole('region', { name: 'Answer', exact: true });
      await answer.getByRole('button', { name: 'Keep' }).click();
      await answer.getByRole('button', { name: 'Add to a dashboard' }).click();
      const dialog = page.getByRole('dialog', { name: 'Add to a dashboard' });
      await dialog.getByLabel('Dashboard').selectOption({ label: title });
      await dialog.getByLabel('Title of the tile').fill(name);
      await dialog.getByRole('button', { name: 'Add', exact: true }).click();
      await heading(page, title).waitFor();
      await tile(name).locator('figcaption').waitFor();
    });
  }
  await check('a tile is moved and resized with keys, and stays where it was put', async () => {
    const before = (await saved()).tiles;
    await page.getByRole('button', { name: 'Edit', exact: true }).click();
    await page.getByRole('button', { name: /^Move Opened/ }).focus();
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('Shift+ArrowDown');
    const said = page.getByRole('status').filter({ hasText: /^Column/ });
    await eventually('where it is now is said', async () => /tall/.test(await said.textContent()));
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByRole('button', { name: 'Edit', exact: true }).waitFor();
    const [was, now] = [before, (await saved()).tiles].map((tiles) =>
      tiles.find((each) => each.title === 'Opened'),
    );
    assert.notDeepEqual(place(now), place(was));
    assert.equal(now.h, was.h + 1);
  });
  await check('the same by buttons alone, with a new title and as one figure', async () => {
    await page.getByRole('button', { name: 'Edit', exact: true }).click();
    const act = async (name) => {
      await page.getByRole('button', { name: /^Change (Paid|Buyers)/ }).click();
      await page.getByRole('button', { name, exact: true }).click();
    };
    await act('Narrower');
    await act('Show one figure');
    await act('Rename');
    await page.getByLabel('Title', { exact: true }).fill('Buyers');
    await page.getByRole('button', { name: 'Take it' }).click();
    await tile('Buyers').getByText('in the period').waitFor();
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByRole('button', { name: 'Edit', exact: true }).waitFor();
    const now = (await saved()).tiles.find((each) => each.title === 'Buyers');
    assert.equal(now.view, 'number');
    assert.equal(now.w, 5);
  });
  await check('a tile is moved by dragging too', async () => {
    const was = (await saved()).tiles.find((each) => each.title === 'Buyers');
    await page.getByRole('button', { name: 'Edit', exact: true }).click();
    const box = await page.getByRole('button', { name: /^Move Buyers/ }).boundingBox();
    await page.mouse.move(box.x + 10, box.y + 10);
    await page.mouse.down();
    await page.mouse.move(box.x + 320, box.y + 10, { steps: 6 });
    await page.mouse.up();
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByRole('button', { name: 'Edit', exact: true }).waitFor();
    const now = (await saved()).tiles.find((each) => each.title === 'Buyers');
    assert.ok(now.x > was.x, `${was.x} to ${now.x}`);
  });
  await check('a change that is cancelled changes nothing', async () => {
    const before = (await saved()).tiles.map(place);
    await page.getByRole('button', { name: 'Edit', exact: true }).click();
    await page.getByRole('button', { name: /^Move Opened/ }).press('Shift+ArrowDown');
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Edit', exact: true }).waitFor();
    assert.deepEqual((await saved()).tiles.map(place), before);
  });
  await check('a filter over all tiles is in the address, and can be kept', async () => {
    await page.getByLabel('Period', { exact: true }).selectOption('90d');
    await eventually('the address holds it', () => page.url().includes('last=90d'));
    await tile('Opened').locator('figcaption').waitFor();
    await page.getByRole('button', { name: 'Keep these filters' }).click();
    await eventually('it is kept', async () => (await saved()).filters?.from === '-89d');
  });
  await check('a number of a tile opens the people behind it', async () => {
    await tile('Opened').getByRole('group', { name: /^Chart/ }).focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('Home');
    await page.keyboard.press('Enter');
    await page.locator('dialog[open] [role="status"]').waitFor();
    assert.match(page.url(), /tile=.*pick\.|pick\..*tile=/);
    await page.keyboard.press('Escape');
  });
  await check('a note stands on the time axis', async () => {
    await page.getByRole('button', { name: 'More about this dashboard' }).click();
    await page.getByRole('button', { name: 'Notes on the time axis' }).click();
    const dialog = page.getByRole('dialog', { name: 'Notes on the time axis' });
    await dialog.getByLabel('What happened').fill(`Sale ${title}`);
    await dialog.getByRole('button', { name: 'Add', exact: true }).click();
    await dialog.getByText(`Sale ${title}`).waitFor();
    await dialog.getByRole('button', { name: `Remove the note Sale ${title}` }).click();
    await eventually('it is gone', async () =>
      (await dialog.getByText(`Sale ${title}`).count()) === 0);
    await page.keyboard.press('Escape');
  });
  await check('a dashboard is deleted after asking', async () => {
    await page.getByRole('button', { name: 'More about this dashboard' }).click();
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await page.getByRole('button', { name: `Delete ${title}` }).click();
    await heading(page, 'Dashboards').waitFor();
    assert.equal(await saved(), undefined);
  });
}
