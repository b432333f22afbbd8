// The console in a real browser against a running Candor.
//
//   CANDOR_URL=http://127.0.0.1:8787/ CANDOR_LINK='http://127.0.0.1:8787/?link=...' node run.mjs
//
// CANDOR_LINK is the one-time link (or its token) of a fresh data directory. On a second run the link
// is used up, and the tests sign in by the password that the first one set.
import { checkEveryPage } from './every-page.mjs';
import { checkFirstEvent } from './first-event.mjs';
import { checkFrame } from './frame.mjs';
import { checkInsights } from './insights.mjs';
import { checkLive } from './live.mjs';
import { checkSession } from './session.mjs';
import { checkTrust } from './trust.mjs';
import { open } from './browser.mjs';
import { check, finish } from './harness.mjs';

const browser = await open();
const page = await browser.context.newPage();
page.setDefaultTimeout(10_000);
const shared = { page, context: browser.context, key: '' };

await checkSession(shared);
await checkFirstEvent(shared);
await checkLive(shared);
await checkInsights(shared);
await checkFrame(shared);
await checkTrust(shared);
await checkEveryPage(shared);
await check('nothing was blocked by the content security policy', () => none(browser.violations));
await check('no request left for another host', () => none(browser.foreign));
await check('no page threw an error', () => none(browser.failures));
await browser.context.close();
finish();

function none(list) {
  if (list.length > 0) throw new Error([...new Set(list)].join('\n'));
}
