// SQL: written with completion, asked by keys, refused with a remedy; its address reproduces it.
import assert from 'node:assert/strict';
import { sound } from './every-page.mjs';
import { check, eventually } from './harness.mjs';
import { at } from './pages.mjs';

export async function checkSql({ page }) {
  const editor = page.locator('.cm-content');
  const answer = page.getByRole('region', { name: 'Answer', exact: true });
  const rows = page.getByRole('region', { name: 'Rows' }).locator('tbody tr');
  const write = async (text) => {
    await editor.click();
    await page.keyboard.press('Control+a');
    // Over a selection the browser itself would write styled text, which the policy blocks.
    await page.keyboard.press('Backspace');
    await page.keyboard.type(text);
  };
  await check('an example is taken over, and asked with Ctrl-Enter', async () => {
    await page.goto(at('sql'));
    await editor.waitFor();
    await page.getByRole('button', { name: 'Events by name' }).click();
    await eventually('it is in the editor', async () =>
      /select event/.test(await editor.textContent()));
    await page.keyboard.press('Control+Enter');
    await rows.first().waitFor();
    assert.match(await answer.locator('footer').textContent(), /rows.*for purpose measure/);
    await eventually('the address holds it', () => page.url().includes('ask='));
  });
  await check('the address asks the same again', async () => {
    await page.reload();
    await rows.first().waitFor();
    assert.match(await editor.textContent(), /select event/);
  });
  await check('columns of the schema are offered while writing', async () => {
    await write('select rec');
    const offered = page.locator('.cm-tooltip-autocomplete li', { hasText: /^received/ });
    await offered.first().waitFor();
    await page.keyboard.press('Escape');
  });
  await check('what is written stays: no key of it is a shortcut', async () => {
    const text = 'select event, count(*) from events group by event';
    await write('');
    for (const key of text) await page.keyboard.press(key);
    assert.match(new URL(page.url()).pathname, /\/sql$/);
    assert.equal(await editor.textContent(), text);
  });
  await check('the list of completions is sound for axe, and arrow keys reach all of it', async () => {
    await write('select ');
    await page.keyboard.press('Control+Space');
    const list = page.locator('.cm-tooltip-autocomplete');
    await list.locator('li').first().waitFor();
    await sound(page);
    const selected = list.locator('li[aria-selected]');
    const first = await selected.textContent();
    await page.keyboard.press('ArrowUp');
    await eventually('the last one is shown', async () => (await selected.textContent()) !== first);
    assert.ok(await selected.isVisible());
    await page.keyboard.press('Escape');
  });
  await check('what is no question is refused, with its code and remedy', async () => {
    await write('drop table events');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+Enter');
    const alert = answer.getByRole('alert');
    await alert.waitFor();
    assert.match(await alert.locator('code').first().textContent(), /^[a-z-]+$/);
  });
  await check('an answer becomes a tile of rows, which leads back to its text', async () => {
    await page.goto(at(`sql?ask=${encodeURIComponent('select count(*) as all_of_them from events')}`));
    await answer.getByRole('button', { name: 'Keep' }).click();
    await answer.getByRole('button', { name: 'Add to a dashboard' }).click();
    const dialog = page.getByRole('dialog', { name: 'Add to a dashboard' });
    await dialog.getByLabel('Dashboard').selectOption({ label: 'A new one' });
    await dialog.getByLabel('Its name').fill(`Rows ${Date.now()}`);
    await dialog.getByLabel('Title of the tile').fill('All events');
    await dialog.getByRole('button', { name: 'Add', exact: true }).click();
    const tile = page.getByRole('article', { name: 'All events' });
    await tile.locator('tbody td').waitFor();
    const all = await tile.locator('tbody td').textContent();
    assert.ok(Number(all.replaceAll(/\D/g, '')) > 0, all);
    // The dashboard's dates hold for its texts too.
    await page.goto(`${page.url()}?from=2001-01-01&to=2001-01-02`);
    await eventually('no event is that old', async () =>
      (await tile.locator('tbody td').textContent()) === '0');
    await tile.getByRole('link', { name: 'All events' }).click();
    await rows.first().waitFor();
    assert.match(await editor.textContent(), /all_of_them/);
    assert.equal(await rows.first().textContent(), '0');
  });
  await check('Tab leaves the editor', async () => {
    await editor.focus();
    await page.keyboard.press('Tab');
    const inside = await page.evaluate(() => document.activeElement?.shadowRoot !== null);
    assert.ok(!inside, 'the keyboard is caught in the editor');
  });
}
