// What stands around the pages: palette, shortcuts, theme, focus.
import assert from 'node:assert/strict';
import { check, eventually } from './harness.mjs';
import { at, heading } from './pages.mjs';

export async function checkFrame({ page }) {
  await check('Ctrl-K finds a page and goes there', async () => {
    await page.goto(at('policy'));
    await heading(page, 'Policy & Consent').waitFor();
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: 'Search or go to' }).fill('fun');
    await page.getByRole('option', { name: /Funnel/ }).waitFor();
    await page.keyboard.press('Enter');
    await heading(page, 'Funnel').waitFor();
  });
  await check('every page of the rail and every kind is reached by its two keys', async () => {
    await page.goto(at('ledger'));
    await heading(page, 'Ledger').waitFor();
    await page.keyboard.press('?');
    const rows = await page.getByRole('dialog', { name: 'Keyboard' }).locator('dl > div').all();
    const keys = [];
    for (const row of rows) {
      const pressed = await row.locator('kbd').allTextContents();
      const label = (await row.locator('dt').textContent()).trim();
      if (pressed[0] === 'g') keys.push([pressed[1], label]);
    }
    await page.keyboard.press('Escape');
    assert.ok(keys.length >= 23, `${keys.length} pages have keys`);
    assert.equal(new Set(keys.map(([key]) => key)).size, keys.length, 'two pages share a key');
    for (const [key, label] of keys) {
      await page.keyboard.press('g');
      await page.keyboard.press(key);
      await heading(page, label).waitFor();
    }
  });
  await check('g and a letter goes to a page, ? shows the keys, Esc closes', async () => {
    await page.keyboard.press('g');
    await page.keyboard.press('l');
    await heading(page, 'Ledger').waitFor();
    await page.keyboard.press('?');
    const sheet = page.getByRole('dialog', { name: 'Keyboard' });
    await sheet.waitFor();
    await page.keyboard.press('Escape');
    await sheet.waitFor({ state: 'hidden' });
  });
  await check('whoever goes on while an insight fills its form is not called back', async () => {
    const late = (ms) => async (route) => {
      await new Promise((next) => setTimeout(next, ms));
      await route.continue();
    };
    // The events arrive while the next page is still on its way.
    await page.route('**/api/catalogue/events*', late(300));
    await page.goto(at('policy'));
    await heading(page, 'Policy & Consent').waitFor();
    await page.route('**/assets/ledger*', late(1_000));
    await page.keyboard.press('g');
    await page.keyboard.press('f');
    await heading(page, 'Funnel').waitFor();
    await page.keyboard.press('g');
    await page.keyboard.press('l');
    await heading(page, 'Ledger').waitFor();
    await page.unrouteAll({ behavior: 'wait' });
  });
  await check('single-key shortcuts can be turned off', async () => {
    await page.keyboard.press('?');
    await page.getByLabel('Single-key shortcuts').uncheck();
    await page.keyboard.press('Escape');
    await page.keyboard.press('g');
    await page.keyboard.press('p');
    await page.keyboard.press('?');
    assert.equal(await page.getByRole('dialog').count(), 0);
    assert.ok(page.url().includes('ledger'));
    await page.getByRole('button', { name: 'Keyboard shortcuts' }).click();
    await page.getByLabel('Single-key shortcuts').check();
    await page.keyboard.press('Escape');
  });
  await check('a chosen theme stays after a reload', async () => {
    const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    await page.emulateMedia({ colorScheme: 'light' });
    const light = await paper();
    await page.getByRole('button', { name: 'Dark', exact: true }).click();
    await eventually('the paper is dark', async () => (await paper()) !== light);
    await page.reload();
    await heading(page, 'Ledger').waitFor();
    assert.notEqual(await paper(), light);
    await page.getByRole('button', { name: 'System', exact: true }).click();
    await eventually('the paper is light again', async () => (await paper()) === light);
  });
  await check('the first Tab offers to skip the rail, and it works', async () => {
    await page.goto(at('ledger'));
    await heading(page, 'Ledger').waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate(() => document.activeElement?.tagName), 'MAIN');
  });
  await check('an unknown address says so and leads back', async () => {
    await page.goto(at('no/such/page'));
    await page.getByText('No such page').waitFor();
  });
}
