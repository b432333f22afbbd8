// Every page of the console, what shows that it is ready, and how to sign in.

export const SIZES = [
  { width: 1280, height: 900 },
  { width: 768, height: 1024 },
  { width: 375, height: 812 },
];

const FUNNEL = 'insights/funnel?step=Product+Viewed&step=Product+Added&step=Order+Completed';
export const PAGES = [
  { name: 'start', path: 'start', ready: 'h1' },
  { name: 'sources', path: 'sources', ready: 'section[aria-label="Keys"]' },
  { name: 'live', path: 'events', ready: 'section[aria-label="Kept events"]' },
  { name: 'verdicts', path: 'events?show=verdicts', ready: 'section[aria-label="Verdicts"]' },
  { name: 'trend', path: 'insights/trend', ready: 'figcaption' },
  { name: 'trend-table', path: 'insights/trend?view=table&by=plan', ready: 'figcaption' },
  { name: 'trend-split', path: 'insights/trend?by=plan&last=90d', ready: 'figcaption' },
  { name: 'funnel', path: FUNNEL, ready: 'figcaption' },
  { name: 'funnel-split', path: `${FUNNEL}&by=plan`, ready: 'figcaption' },
  { name: 'funnel-table', path: `${FUNNEL}&view=table`, ready: 'figcaption' },
  { name: 'retention', path: 'insights/retention', ready: 'figcaption' },
  { name: 'cohort', path: 'insights/cohort?did=1~Order+Completed', ready: 'figcaption' },
  { name: 'policy', path: 'policy', ready: 'section[aria-label="Purposes"] li' },
  { name: 'rights', path: 'rights', ready: 'section[aria-label="Erasures"]' },
  { name: 'ledger', path: 'ledger', ready: 'section[aria-label="Facts"]' },
];

export const PASSWORD = process.env.CANDOR_PASSWORD ?? 'a few plain words, long enough';

/** The token of a one-time link, given whole or bare. */
export function token() {
  const given = process.env.CANDOR_LINK ?? 'once';
  const found = /[?#&]link=([^&#]+)/.exec(given);
  return found ? decodeURIComponent(found[1]) : given;
}

/** Signs in: by the link when it still works, else by the password that an earlier run set. */
export async function signIn(page) {
  const base = process.env.CANDOR_URL;
  await page.goto(new URL(`?link=${encodeURIComponent(token())}`, base).href);
  const choose = page.getByRole('heading', { name: 'Choose a password' });
  const enter = page.getByRole('heading', { name: 'Sign in' });
  const inside = page.getByRole('navigation', { name: 'Pages' });
  await choose.or(enter).or(inside).first().waitFor();
  if (await choose.isVisible()) {
    await page.getByLabel('New password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Save and go on' }).click();
  } else if (await enter.isVisible()) {
    await page.getByLabel('Password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign in' }).click();
  }
  await inside.waitFor();
}
