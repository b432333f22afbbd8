// The console below a path, as behind a proxy: every address keeps to it.
import assert from 'node:assert/strict';
import { check } from './harness.mjs';
import { at, heading, rail, signIn } from './pages.mjs';

export async function checkSubPath({ page }) {
  const inside = () => assert.ok(page.url().startsWith(at('')), `${page.url()} left ${at('')}`);
  await check('below a path, the link signs in and leads to the first page', async () => {
    await signIn(page);
    await heading(page, 'First event').waitFor();
    inside();
    const code = await page.getByRole('region', { name: 'Code that sends an event' }).textContent();
    assert.ok(code.includes(at('').replace(/\/$/, '')), 'the snippet misses the path');
  });
  await check('the explanation of problems answers below the path and at the root', async () => {
    for (const address of [at('docs/problems'), new URL('/docs/problems', at('')).href]) {
      const answer = await page.request.get(address);
      assert.equal(answer.status(), 200, address);
      assert.ok((await answer.text()).includes('id="not-found"'), address);
    }
  });
  await check('below a path, a deep address opens at once and links keep to it', async () => {
    await page.goto(at('ledger?after=0'));
    await heading(page, 'Ledger').waitFor();
    await rail(page).getByRole('link', { name: 'Insights' }).click();
    await page.getByRole('link', { name: /^Funnel/ }).click();
    await heading(page, 'Funnel').waitFor();
    inside();
    await page.reload();
    await heading(page, 'Funnel').waitFor();
  });
}
