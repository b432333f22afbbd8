// Every page of the console, what shows that it is ready, and how to sign in.

const place = { base: '', link: '' };

/** Says which Candor is meant, and its one-time link. */
export function visit(url, link) {
  place.base = url.endsWith('/') ? url : `${url}/`;
  place.link = link;
}

/** The address of a path, below wherever the console is mounted. */
export const at = (path) => new URL(path, place.base).href;

export const SIZES = [
  { width: 1280, height: 900 },
  { width: 768, height: 1024 },
  { width: 375, height: 812 },
];

/** The pages, asked about events and a property that this installation knows. */
export function pages({ first, second, by, board }) {
  const e = encodeURIComponent;
  const funnel = `insights/funnel?steps.0.event=${e(first)}&steps.1.event=${e(second)}`;
  const trend = `insights/trend?series.0.event=${e(first)}`;
  const paths = `insights/paths?starts.event=${e(first)}`;
  const split = by ? `&breakdown=${e(by)}` : '';
  const answer = 'figure figcaption';
  return [
    { name: 'start', path: 'start', ready: 'section[aria-label="Listener"]' },
    { name: 'sources', path: 'sources', ready: 'section[aria-label="Keys"] form' },
    { name: 'live', path: 'events', ready: 'section[aria-label="Kept events"]' },
    { name: 'verdicts', path: 'events?show=verdicts', ready: 'section[aria-label="Verdicts"]' },
    { name: 'catalogue', path: 'catalogue', ready: 'section[aria-label="Events"] tbody tr' },
    {
      name: 'catalogue-event',
      path: `catalogue?event=${e(first)}`,
      ready: '[aria-label="Properties"] tbody tr',
    },
    { name: 'storage', path: 'storage', ready: 'section[aria-label="Figures"]' },
    { name: 'insights', path: 'insights', ready: 'main ul a' },
    { name: 'trend', path: trend, ready: answer },
    { name: 'trend-table', path: `insights/trend?view=table${split}`, ready: answer },
    { name: 'trend-split', path: `insights/trend?last=90d${split}`, ready: answer },
    { name: 'trend-rich', path: rich(first, second), ready: answer },
    { name: 'funnel', path: funnel, ready: answer },
    { name: 'funnel-split', path: `${funnel}${split}&over=week`, ready: answer },
    { name: 'funnel-table', path: `${funnel}&view=table`, ready: answer },
    { name: 'retention', path: 'insights/retention', ready: answer },
    { name: 'paths', path: paths, ready: answer },
    { name: 'paths-table', path: `${paths}&view=table`, ready: answer },
    { name: 'lifecycle', path: 'insights/lifecycle', ready: answer },
    { name: 'lifecycle-table', path: 'insights/lifecycle?view=table', ready: answer },
    { name: 'stickiness', path: 'insights/stickiness', ready: answer },
    { name: 'sessions', path: 'insights/sessions', ready: answer },
    { name: 'values', path: `insights/values?property=${e(by ?? 'currency')}`, ready: answer },
    { name: 'explorer', path: 'insights/people', ready: answer },
    { name: 'cohort', path: `insights/cohort?all.0.event=${e(first)}`, ready: answer },
    {
      name: 'people-behind',
      path: `${funnel}&pick.step=1&pick.state=reached`,
      ready: 'dialog[open] [role="status"]',
    },
    { name: 'dashboards', path: 'dashboards', ready: 'main h1' },
    ...(board
      ? [
          { name: 'dashboard', path: `dashboards/${board}`, ready: 'article figure' },
          { name: 'dashboard-edit', path: `dashboards/${board}?edit=1`, ready: 'article button' },
        ]
      : []),
    { name: 'sql', path: 'sql', ready: '.cm-content' },
    {
      name: 'sql-answer',
      path: `sql?ask=${e('select event, count(*) from events group by event')}`,
      ready: 'section[aria-label="Answer"] tbody tr',
    },
    { name: 'alerts', path: 'alerts', ready: 'main h1' },
    { name: 'people', path: 'people', ready: 'main form' },
    { name: 'person', path: 'people/p1', ready: 'section[aria-label="Timeline"] p[role="status"]' },
    { name: 'policy', path: 'policy', ready: '[aria-label="Purposes of a source"] tbody tr' },
    { name: 'rights', path: 'rights', ready: 'section[aria-label="Erasures"]' },
    { name: 'ledger', path: 'ledger', ready: 'section[aria-label="Facts"]' },
  ];
}

/** A trend that says all it can: two measures, their ratio, the period before, an average line. */
function rich(first, second) {
  const e = encodeURIComponent;
  const series = `series.0.event=${e(first)}&series.0.count=people`;
  const other = `series.1.event=${e(second)}&series.1.count=people`;
  return `insights/trend?${series}&${other}&compare=previous&smooth=7&last=90d`;
}

/** Two events and a property of the catalogue, the commonest first. */
export async function known(page) {
  const get = async (path) => (await page.request.get(at(path))).json();
  const events = await get('api/catalogue/events?purpose=analyse');
  const properties = await get('api/catalogue/properties');
  const boards = await get('api/dashboards');
  const names = events.sort((a, b) => b.count - a.count).map((each) => each.event);
  return {
    first: names[0] ?? 'Basket Opened',
    second: names[1] ?? 'Basket Paid',
    by: properties.find((each) => each.declared && each.column)?.property,
    board: boards[0]?.id,
  };
}

export const PASSWORD = process.env.CANDOR_PASSWORD ?? 'a few plain words, long enough';

/** The token of a one-time link, given whole or bare. */
export function token() {
  const found = /[?#&]link=([^&#\s]+)/.exec(place.link);
  return found ? decodeURIComponent(found[1]) : place.link.trim();
}

export const rail = (page) => page.getByRole('navigation', { name: 'Pages' });
export const heading = (page, name) => page.getByRole('heading', { name, exact: true });

/** Signs in: by the link when it still works, else by the password that an earlier run set. */
export async function signIn(page) {
  await page.goto(at(`?link=${encodeURIComponent(token())}`));
  const choose = heading(page, 'Choose a password');
  const enter = heading(page, 'Sign in');
  await choose.or(enter).or(rail(page)).first().waitFor();
  if (await choose.isVisible()) {
    await page.getByLabel('New password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Save and go on' }).click();
  } else if (await enter.isVisible()) {
    await byPassword(page, PASSWORD);
  }
  await rail(page).waitFor();
}

export async function byPassword(page, password) {
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}
