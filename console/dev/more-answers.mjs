// Invented answers of the kinds beside trend, funnel, retention and cohort.
import { intervalsOf } from './invented.mjs';

const PAGES = ['/', '/shop/shoes', '/shop/jackets', '/basket', '/checkout', '/about', '/thanks'];
const ago = (hours) => new Date(Date.now() - hours * 3_600_000).toISOString();

function paths(plan, chance) {
  const names = plan.by
    ? ['Shoes', 'Jackets', 'Bags', 'Knitwear', 'Accessories']
    : ['Product Viewed', 'Product Added', 'Checkout Started', 'Order Completed', 'Page Viewed'];
  const length = plan.length ?? 3;
  const nodes = [];
  const edges = [];
  let column = [{ step: 0, name: plan.starts?.event ?? names[0], count: 4_200 }];
  for (let step = 0; step < length - 1; step += 1) {
    nodes.push(...column);
    const next = new Map();
    for (const from of column) {
      let left = from.count;
      for (const [at, name] of names.slice(0, 2 + (step % 3) + 1).entries()) {
        const count = Math.round(left * (0.45 - at * 0.05) * (0.7 + 0.4 * chance()));
        left -= count;
        if (count < 30) continue;
        edges.push({
          step,
          from: from.name,
          to: name,
          count,
          people: Math.round(count * 0.7),
          median_seconds: Math.round(20 + 400 * chance()),
        });
        next.set(name, (next.get(name) ?? 0) + count);
      }
    }
    column = [...next].map(([name, count]) => ({ step: step + 1, name, count }));
  }
  nodes.push(...column);
  return {
    steps: length,
    nodes,
    edges: edges.sort((a, b) => b.count - a.count).slice(0, plan.limit ?? 30),
    top: [
      { path: names.slice(0, 3), count: 812 },
      { path: [names[0], names[0], names[1]], count: 640 },
    ],
    sentence: `after ${nodes[0].name}, most people went on to ${edges[0].to}`,
  };
}

function lifecycle(plan, chance) {
  const intervals = intervalsOf(plan);
  const some = (base) => intervals.map(() => Math.round(base * (0.75 + 0.5 * chance())));
  return {
    intervals,
    new: some(180),
    returning: some(320),
    resurrecting: some(70),
    dormant: some(150),
    sentence: 'each week brought about 180 new people, and 150 stayed away',
  };
}

function stickiness(plan, chance) {
  const total = intervalsOf(plan).length;
  return {
    intervals_total: total,
    series: plan.series.map(({ event }) => ({
      event,
      people: Array.from({ length: total }, (_, at) =>
        Math.round((1_900 / (at + 1) ** 1.3) * (0.85 + 0.3 * chance())),
      ),
    })),
    sentence: '38 % of the people did it on more than one day',
  };
}

function sessions(plan, chance) {
  const intervals = intervalsOf(plan);
  const some = (base) => intervals.map(() => Math.round(base * (0.75 + 0.5 * chance())));
  const counts = some(240);
  return {
    intervals,
    sessions: counts,
    people: counts.map((each) => Math.round(each * 0.8)),
    bounces: counts.map((each) => Math.round(each * 0.31)),
    median_seconds: some(190),
    totals: {
      sessions: counts.reduce((a, b) => a + b, 0),
      people: 4_102,
      bounces: 2_204,
      bounce_share: 0.312,
      median_seconds: 188,
      average_seconds: 402.5,
      events_per_session: 6.28,
    },
    entry: PAGES.map((page, at) => ({
      page,
      sessions: Math.round(2_900 / (at + 1)),
      bounces: Math.round(900 / (at + 1)),
    })),
    exit: PAGES.toReversed().map((page, at) => ({
      page,
      sessions: Math.round(2_400 / (at + 1)),
    })),
    sentence: 'half of the sessions were longer than 3 min 8 s; 31.2 % were bounces',
  };
}

function values(plan) {
  const isNumber = plan.property === 'revenue';
  const list = isNumber
    ? ['24.9', '54.9', '69', '79.5', '89.9', '149']
    : ['Shoes', 'Jackets', 'Knitwear', 'Bags', 'Accessories', null];
  return {
    values: list.map((value, at) => ({
      value,
      events: Math.round(24_000 / (at + 1)),
      people: Math.round(5_100 / (at + 1)),
    })),
    different: isNumber ? 214 : list.length - 1,
    missing: 4_012,
    numbers: isNumber
      ? { least: 24.9, average: 88.41, median: 79.5, greatest: 1_490, sum: 381_752.38 }
      : undefined,
    sentence: `${plan.property} has ${isNumber ? 214 : list.length - 1} different values`,
  };
}

export function persons(count, chance) {
  return Array.from({ length: count }, (_, at) => ({
    person: `p${Math.floor(chance() * 8000)}`,
    first: ago(24 * (3 + 50 * chance())),
    last: ago(at * 1.7),
    events: Math.round(3 + 60 * chance()),
  }));
}

function people(plan, chance) {
  return {
    people: persons(24, chance),
    total: 1_204,
    sentence: `1,204 people did ${plan.event ?? 'something'} in this period`,
  };
}

export const more = { paths, lifecycle, stickiness, sessions, values, people };
