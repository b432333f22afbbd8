// Every page, in both themes, at three widths: sound for axe, and never wider than the screen.
import { AxeBuilder } from '@axe-core/playwright';
import assert from 'node:assert/strict';
import { check } from './harness.mjs';
import { at, known, pages, SIZES } from './pages.mjs';

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

export async function checkEveryPage({ page }) {
  const list = pages(await known(page));
  for (const theme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    for (const size of SIZES) {
      await page.setViewportSize(size);
      for (const each of list) {
        await check(`${each.name}, ${theme}, ${size.width} wide`, () => look(page, each, size));
      }
    }
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize(SIZES[0]);
}

/** Looks at one page as it is now. */
export async function look(page, { path, ready }, size) {
  await page.goto(at(path));
  await page.locator(ready).first().waitFor();
  assert.equal(await page.getByRole('alert').count(), 0, 'the page shows a failure');
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(width <= size.width, `the page is ${width} wide`);
  const text = await page.locator('main').innerText();
  assert.doesNotMatch(text, /\d (d 24 h|h 60 min|min 60 s)\b/, 'a rest is a whole unit');
  await sound(page);
}

/** Asks axe about the page as it is now. */
export async function sound(page) {
  const found = await new AxeBuilder({ page }).withTags(RULES).analyze();
  const told = found.violations.map(
    ({ id, help, nodes }) => `${id}: ${help}\n  ${nodes.map((n) => n.html).join('\n  ')}`,
  );
  assert.deepEqual(told, []);
}
