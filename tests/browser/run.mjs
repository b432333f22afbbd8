// The console in a real browser, against the real program.
//
//   CANDOR=target/debug/candor npm test
//     starts the program on fresh directories, at the root and below a path, and ends it
//   CANDOR_URL=http://127.0.0.1:8787/ CANDOR_LINK='http://127.0.0.1:8787/?link=...' npm test
//     uses one that runs; CANDOR_LINK is its one-time link, or the token of it
//
// Once the link is used up, the tests sign in by the password that the first run set.
import { checkDashboards } from './dashboards.mjs';
import { checkEveryPage } from './every-page.mjs';
import { checkFirstEvent } from './first-event.mjs';
import { checkFound } from './found.mjs';
import { checkFrame } from './frame.mjs';
import { checkInsights } from './insights.mjs';
import { checkKinds } from './kinds.mjs';
import { checkLive } from './live.mjs';
import { checkSession } from './session.mjs';
import { checkSql } from './sql.mjs';
import { checkStorage } from './storage.mjs';
import { checkSubPath } from './sub-path.mjs';
import { checkTrust } from './trust.mjs';
import { open } from './browser.mjs';
import { start } from './candor.mjs';
import { check, finish } from './harness.mjs';
import { visit } from './pages.mjs';

const binary = process.env.CANDOR;
const given = process.env.CANDOR_URL;
if (!given && !binary) {
  console.error('set CANDOR to the program, or CANDOR_URL and CANDOR_LINK to one that runs');
  process.exit(2);
}
// `ONLY=insights,sql` runs some flows, after signing in.
const only = (process.env.ONLY ?? '').split(',').filter((name) => name !== '');
const FLOWS = [
  checkSession,
  checkFirstEvent,
  checkLive,
  checkInsights,
  checkKinds,
  checkDashboards,
  checkSql,
  checkFound,
  checkFrame,
  checkTrust,
  checkStorage,
  checkEveryPage,
];

if (given) {
  await walk({ url: given, link: process.env.CANDOR_LINK ?? '', stop: async () => {} }, chosen());
} else {
  await walk(await start(binary), chosen());
  await walk(await start(binary, { basePath: '/below' }), [checkSubPath]);
}
finish();

function chosen() {
  if (only.length === 0) return FLOWS;
  const named = FLOWS.filter((flow) =>
    only.some((name) => flow.name.toLowerCase().includes(name.replaceAll('-', ''))),
  );
  return [checkSession, ...named];
}

/** One visit: its own browser, which must see nothing blocked, foreign or thrown. */
async function walk({ url, link, stop, data }, flows) {
  visit(url, link);
  const browser = await open();
  const page = await browser.context.newPage();
  page.setDefaultTimeout(10_000);
  const shared = { page, context: browser.context, key: '', data };
  try {
    for (const flow of flows) {
      if ((await flow(shared)) === false) break;
    }
    await check('nothing was blocked by the content security policy', () =>
      none(browser.violations));
    await check('no request left for another host', () => none(browser.foreign));
    await check('no page threw an error', () => none(browser.failures));
  } finally {
    await browser.context.close();
    await stop();
  }
}

function none(list) {
  if (list.length > 0) throw new Error([...new Set(list)].join('\n'));
}
