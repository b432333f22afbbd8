// What was set aside is shown with its remedy, and gone once somebody saw to it.
import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { look } from './every-page.mjs';
import { check } from './harness.mjs';
import { at, SIZES } from './pages.mjs';

const BYTES = 2_048;

export async function checkStorage({ page, data }) {
  // Only the program that this run started lets it touch its directory.
  if (!data) return;
  const folder = join(data, 'quarantine');
  const name = '000000000007-foreign-0.journal';
  const concerns = page.getByRole('region', { name: 'Concerns' });
  await check('with nothing set aside, storage says that nothing needs a look', async () => {
    await page.goto(at('storage'));
    await concerns.getByText('Nothing needs a look').waitFor();
    assert.equal(await concerns.locator('li').count(), 0);
  });
  await check('a file that was set aside is shown with code, size and remedy', async () => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, name), Buffer.alloc(BYTES));
    await page.getByRole('button', { name: 'Look again' }).click();
    const concern = concerns.locator('li');
    await concern.first().waitFor();
    assert.equal(await concern.count(), 1);
    const said = await concern.textContent();
    for (const part of [`quarantine/${name}`, 'file-quarantined', 'remove it']) {
      assert.ok(said.includes(part), `${part} is missing in: ${said}`);
    }
    assert.match(said, /2(\.0)?\skB/);
    assert.equal(await concerns.getByText('Nothing needs a look').count(), 0);
  });
  for (const theme of ['light', 'dark']) {
    await check(`a concern is sound on every screen, ${theme}`, async () => {
      await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
      for (const size of SIZES) {
        await page.setViewportSize(size);
        await look(page, { path: 'storage', ready: 'section[aria-label="Concerns"] li' }, size);
      }
    });
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize(SIZES[0]);
  await check('once the file is gone, so is the concern', async () => {
    rmSync(join(folder, name));
    await page.getByRole('button', { name: 'Look again' }).click();
    await concerns.getByText('Nothing needs a look').waitFor();
  });
}
