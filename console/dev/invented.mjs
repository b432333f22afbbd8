// Invented answers for the development server. Nothing here is measured, and nothing is shipped.
import { more } from './more-answers.mjs';

let seed = 7;
const chance = () => {
  seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
  return seed / 2_147_483_648;
};
const pick = (list) => list[Math.floor(chance() * list.length)];

export const NAMES = [
  ['Product Viewed', 61_220],
  ['Page Viewed', 48_112],
  ['Product Added', 14_870],
  ['Checkout Started', 6_420],
  ['Order Completed', 4_318],
  ['Products Searched', 3_990],
  ['Signed Up', 1_204],
  ['Order Refunded', 96],
];
const PURPOSES = [
  ['operate', 0, 'Operate', 'Run the service that the person asked for.'],
  ['secure', 1, 'Secure', 'Keep the service and its people safe.'],
  ['measure', 3, 'Measure', 'Count audiences, without following anyone.'],
  ['analyse', 4, 'Analyse', 'Understand how people use the product.'],
  ['replay', 5, 'Replay', 'Watch a recorded session again.'],
  ['link-devices', 6, 'Link devices', 'See that two devices belong to one person.'],
  ['experiment', 7, 'Experiment', 'Compare two versions of the product.'],
  ['personalise', 9, 'Personalise', 'Show what fits the person.'],
  ['market-mail', 12, 'Marketing by mail', 'Send offers by mail.'],
  ['advertise', 15, 'Advertise', 'Share with partners for targeted advertising.'],
];
export const purposes = PURPOSES.map(([name, number, title, description]) => ({
  name,
  number,
  title,
  description,
}));

// What was really sent here, by event: the user of each.
const sent = new Map();
export function remember(event, user) {
  sent.set(event, [...(sent.get(event) ?? []), user]);
}
export function forget(user) {
  for (const [event, users] of sent) sent.set(event, users.filter((each) => each !== user));
}

function cohort(plan) {
  const did = (event) => new Set(sent.get(event) ?? []);
  const [first, ...rest] = plan.all.map((each) => did(each.event));
  const none = (plan.none ?? []).map((each) => did(each.event));
  const people = [...first].filter(
    (user) => rest.every((set) => set.has(user)) && !none.some((set) => set.has(user)),
  ).length;
  return { people, sentence: `${people} people did all of this` };
}

const ago = (days) => new Date(Date.now() - days * 86_400_000).toISOString();
export const catalogue = {
  events: (fresh) =>
    [...(fresh ? [] : NAMES), ...[...sent].map(([event, users]) => [event, users.length])].map(
      ([event, count], at) => ({
        event,
        count,
        first: ago(90),
        last: ago(at / 40),
        declared: event !== 'Order Refunded',
        purposes: at % 3 === 2 ? ['measure', 'analyse', 'personalise'] : ['measure', 'analyse'],
      }),
    ),
  properties: [
    ['currency', 'text', 'transaction', true, 'p0', 4_318, 0],
    ['device', 'text', 'usage', true, 'p5', 146_001, 0],
    ['country', 'text', 'usage', true, 'p6', 146_001, 0],
    ['plan', 'text', 'usage', true, 'p1', 130_004, 0],
    ['category', 'text', 'usage', true, 'p2', 61_220, 0],
    ['revenue', 'number', 'transaction', true, 'p3', 4_318, 2],
    ['context.page.path', 'text', 'usage', true, 'p4', 48_112, 0],
    ['name', 'text', 'usage', true, null, 61_220, 0],
    ['coupon', 'text', 'unclassified', false, null, 310, 0],
  ].map(([property, type, category, declared, column, seen, conflicts]) => ({
    property,
    type,
    category,
    declared,
    column,
    seen,
    conflicts,
    purposes: declared ? ['measure', 'analyse'] : [],
    last: ago(seen % 5),
  })),
};

export function makeEvent() {
  return {
    event: pick(NAMES)[0],
    person: `p${Math.floor(chance() * 8000)}`,
    properties: {
      category: pick(['Tea', 'Coffee', 'Cups', 'Kettles']),
      plan: pick(['free', 'pro']),
      revenue: Math.round(chance() * 9000) / 100,
      'context.page.path': '/shop/tea',
    },
  };
}

const STEP_MS = { hour: 3_600_000, day: 86_400_000, week: 604_800_000, month: 2_592_000_000 };
const DAY_MS = STEP_MS.day;

/** A moment as questions write it: an instant, a day, or so long ago. */
export function moment(text) {
  const midnight = Math.floor(Date.now() / DAY_MS) * DAY_MS;
  if (text === 'now') return Date.now();
  if (text === 'today') return midnight;
  const ago = /^-(\d+)([dwmh])$/.exec(text);
  if (!ago) return Date.parse(text);
  const many = Number(ago[1]);
  if (ago[2] === 'h') return Date.now() - many * STEP_MS.hour;
  return midnight - many * { d: 1, w: 7, m: 30 }[ago[2]] * DAY_MS;
}

export function intervalsOf(plan) {
  const step = STEP_MS[plan.interval];
  const out = [];
  let at = Math.floor(moment(plan.from) / step) * step;
  if (plan.interval === 'week') at = Math.floor(moment(plan.from) / DAY_MS) * DAY_MS;
  for (; at < moment(plan.to); at += step) out.push(new Date(at).toISOString());
  return out;
}

const smoothed = (values, n) =>
  values.map((_, at) => {
    const part = values.slice(Math.max(0, at - n + 1), at + 1);
    return part.reduce((a, b) => a + b, 0) / part.length;
  });

const sum = (list) => list.reduce((a, b) => a + b, 0);
const AVERAGES = ['per-person', 'average', 'median', 'percentile', 'minimum', 'maximum'];

function trend(plan) {
  const intervals = intervalsOf(plan);
  const values = plan.breakdown ? ['mobile', 'desktop', 'tablet', null] : [null];
  const series = plan.series.flatMap(({ event, count, of, at: percent, where }) =>
    values.map((value, index) => {
      const part = where ? 0.4 : 1;
      const all = NAMES.find(([name]) => name === event)?.[1] ?? 140_000;
      const isAverage = AVERAGES.includes(count);
      const size = isAverage ? 42 / (index + 1) : (part * all) / (90 * (index + 1));
      const make = (shift) =>
        intervals.map((_, at) => {
          const wave = 1 + 0.25 * Math.sin((at / 7) * 2 * Math.PI) + 0.3 * (at / intervals.length);
          const now = at === intervals.length - 1 && !isAverage && !shift ? 0.5 : 1;
          const number = size * wave * now * (0.85 + 0.3 * chance()) * (shift ? 0.8 : 1);
          return isAverage || count === 'sum' ? Math.round(number * 100) / 100 : Math.round(number);
        });
      const numbers = make(false);
      const total = isAverage ? sum(numbers) / numbers.length : sum(numbers);
      const earlier = plan.compare ? make(true) : undefined;
      return {
        event,
        count,
        of,
        at: percent,
        breakdown: plan.breakdown ? value : null,
        values: numbers,
        total,
        ...(plan.smooth ? { smooth: smoothed(numbers, plan.smooth) } : {}),
        ...(earlier ? { earlier: { values: earlier, total: sum(earlier) } } : {}),
      };
    }),
  );
  const [first] = series;
  const formula = plan.formula
    ? values.map((value) => {
        const own = series.filter((each) => each.breakdown === (plan.breakdown ? value : null));
        const ratio = intervals.map(
          (_, at) => (100 * (own.at(-1).values[at] ?? 0)) / Math.max(1, own[0].values[at]),
        );
        return { breakdown: value, values: ratio, total: sum(ratio) / ratio.length };
      })
    : undefined;
  return {
    intervals,
    series,
    formula,
    sentence:
      `${(first.event ?? 'events').toLowerCase()} happened ` +
      `${Math.round(first.total).toLocaleString('en')} times, ` +
      `18 % more in the second half of the period than in the first`,
  };
}

function steps(names, people) {
  let left = people;
  return names.map((event, index) => {
    const before = left;
    if (index > 0) left = Math.round(left * (0.28 + 0.35 * chance()));
    return {
      event,
      people: left,
      of_first: left / people,
      of_previous: index === 0 ? 1 : left / before,
      median_seconds: index === 0 ? null : Math.round(90 + 9000 * chance()),
    };
  });
}

function funnel(plan) {
  const names = plan.steps.map((step) => step.event);
  const all = steps(names, 6_214);
  const breakdown = plan.breakdown
    ? ['pro', 'free', null].map((value, at) => ({ value, steps: steps(names, 3_100 - at * 900) }))
    : undefined;
  const end = all.at(-1);
  const over = plan.over
    ? intervalsOf({ ...plan, interval: plan.over }).map((start) => {
        const entered = Math.round(150 + 100 * chance());
        return { start, entered, converted: Math.round(entered * (0.1 + 0.12 * chance())) };
      })
    : undefined;
  return {
    steps: all,
    breakdown,
    over,
    sentence:
      `${end.people.toLocaleString('en')} of ${all[0].people.toLocaleString('en')} people went ` +
      `from ${names[0]} to ${names.at(-1)}: ${(100 * end.of_first).toFixed(1)} %`,
  };
}

function retention(plan) {
  const starts = intervalsOf(plan);
  const cohorts = [];
  for (const [index, start] of starts.entries()) {
    const left = starts.length - index;
    const people = Math.round(300 + 200 * chance());
    const values = Array.from({ length: Math.min(left, 12) }, (_, index) =>
      index === 0 ? people : Math.round(people * (0.5 / Math.sqrt(index) + 0.06 * chance())),
    );
    cohorts.push({ start, people, values });
  }
  return { cohorts, sentence: 'half of those who began came back in the week after' };
}

export function answerQuery(kind, plan, empty) {
  // The same question gets the same answer.
  seed = 7;
  const answers = {
    trend,
    funnel,
    retention,
    cohort,
    ...more,
  };
  const answer = answers[kind](plan, chance);
  if (empty || /^[12]\d{3}/.test(plan.from) && plan.from < '2010') {
    for (const series of answer.series ?? []) {
      series.values.fill(0);
      series.total = 0;
    }
    for (const each of answer.steps ?? []) each.people = 0;
    answer.cohorts = answer.cohorts?.map((each) => ({ ...each, people: 0 }));
    answer.sentence = 'nothing happened in this period';
  }
  return {
    kind,
    ...answer,
    scanned: { rows: empty ? 0 : 146_001, bytes: 2_411_002, files: 112, seconds: 0.038 },
    as_of: new Date().toISOString(),
    purpose: plan.purpose,
  };
}
