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
export function pages({ first, second, by }) {
  const e = encodeURIComponent;
  const funnel = `insights/funnel?step=${e(first)}&step=${e(second)}`;
  const split = by ? `&by=${e(by)}` : '';
  const answer = 'figure figcaption';
  return [
    { name: 'start', path: 'start', ready: 'section[aria-label="Listener"]' },
    { name: 'sources', path: 'sources', ready: 'section[aria-label="Keys"] form' },
    { name: 'live', path: 'events', ready: 'section[aria-label="Kept events"]' },
    { name: 'verdicts', path: 'events?show=verdicts', ready: 'section[aria-label="Verdicts"]' },
    { name: 'storage', path: 'storage', ready: 'section[aria-label="Figures"]' },
    { name: 'trend', path: `insights/trend?event=${e(first)}`, ready: answer },
    { name: 'trend-table', path: `insights/trend?view=table${split}`, ready: answer },
    { name: 'trend-split', path: `insights/trend?last=90d${split}`, ready: answer },
    { name: 'funnel', path: funnel, ready: answer },
    { name: 'funnel-split', path: `${funnel}${split}`, ready: answer },
    { name: 'funnel-table', path: `${funnel}&view=table`, ready: answer },
    { name: 'retention', path: 'insights/retention', ready: answer },
    { name: 'cohort', path: `insights/cohort?did=1~${e(first)}`, ready: answer },
    { name: 'policy', path: 'policy', ready: 'section[aria-label="Purposes"] li' },
    { name: 'rights', path: 'rights', ready: 'section[aria-label="Erasures"]' },
    { name: 'ledger', path: 'ledger', ready: 'section[aria-label="Facts"]' },
  ];
}

/** Two events and a property of the catalogue, the commonest first. */
export async function known(page) {
  const get = async (path) => (await page.request.get(at(path))).json();
  const events = await get('api/catalogue/events?purpose=analyse');
  const properties = await get('api/catalogue/properties');
  const names = events.sort((a, b) => b.count - a.count).map((each) => each.event);
  return {
    first: names[0] ?? 'Basket Opened',
    second: names[1] ?? 'Basket Paid',
    by: properties.find((each) => each.declared && each.column)?.property,
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
