// Pictures of every page, to look at: `CANDOR_URL=... CANDOR_LINK=... SHOTS=dir node shots.mjs`.
// ONLY names pages, THEMES and WIDTHS choose some. Proves nothing by itself.
import { mkdirSync } from 'node:fs';
import { open } from './browser.mjs';
import { at, known, pages, signIn, SIZES, visit } from './pages.mjs';

const out = process.env.SHOTS ?? 'shots';
const only = (process.env.ONLY ?? '').split(',');
const themes = (process.env.THEMES ?? 'light,dark').split(',');
const widths = (process.env.WIDTHS ?? '1280,768,375').split(',').map(Number);
visit(process.env.CANDOR_URL ?? 'http://127.0.0.1:8787/', process.env.CANDOR_LINK ?? '');
mkdirSync(out, { recursive: true });
const { context } = await open();
const page = await context.newPage();
await signIn(page);
const list = pages(await known(page)).filter((each) =>
  only.some((name) => each.name.includes(name)),
);
for (const theme of themes) {
  await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
  for (const size of SIZES.filter((each) => widths.includes(each.width))) {
    await page.setViewportSize(size);
    for (const { name, path, ready } of list) {
      await page.goto(at(path));
      await page.locator(ready).first().waitFor();
      await page.evaluate(() => document.fonts.ready);
      await page.screenshot({ path: `${out}/${name}-${theme}-${size.width}.png`, fullPage: true });
    }
  }
}
await context.close();
