// Things that people save, kept in the fixture's memory: questions, dashboards, cohorts and so on.
import { existsSync, readFileSync } from 'node:fs';

const shipped = new URL('../../examples/shop/dashboard.json', import.meta.url);
const now = () => new Date().toISOString();
let last = 100;

const make = (body) => ({
  id: `s${(last += 1)}`,
  version: 1,
  created: now(),
  changed: now(),
  by: 'a1',
  ...body,
});

export function kept(isFresh) {
  const board = existsSync(shipped) && !isFresh ? [make(JSON.parse(readFileSync(shipped)))] : [];
  const days = (many) => new Date(Date.now() - many * 86_400_000).toISOString();
  return {
    questions: isFresh
      ? []
      : [
          make({
            name: 'Orders by device',
            kind: 'trend',
            question: {
              purpose: 'measure', from: '-89d', to: 'now', zone: 'UTC', interval: 'week',
              series: [{ event: 'Order Completed', count: 'events' }], breakdown: 'device',
            },
          }),
        ],
    dashboards: board,
    cohorts: isFresh
      ? []
      : [
          make({
            name: 'Buyers',
            rule: { kind: 'question', question: { all: [{ event: 'Order Completed' }] } },
          }),
          make({ name: 'Staff', rule: { kind: 'list' } }),
        ],
    alerts: isFresh
      ? []
      : [
          make({
            name: 'Orders fall',
            question: {
              kind: 'trend',
              question: {
                purpose: 'measure', from: '-1d', to: 'today', interval: 'day',
                series: [{ event: 'Order Completed', count: 'events' }],
              },
            },
            when: { falls: 30 },
            every: 'day',
            to: [{ mail: 'shop@example.org' }],
            state: 'ok',
            last: days(0.4),
          }),
        ],
    annotations: isFresh ? [] : [make({ time: days(12), text: 'Autumn sale begins' })],
  };
}

/** Answers `GET/POST/PUT/DELETE name[/id]` of one kind of saved things. */
export function answerKept(list, verb, id, body) {
  const at = list.findIndex((each) => each.id === id);
  if (verb === 'GET' && id === undefined) return list;
  if (verb === 'POST' && id === undefined) {
    const made = make({ ...(body.when ? { state: 'new', last: null } : {}), ...body });
    list.push(made);
    return made;
  }
  if (at < 0) return undefined;
  if (verb === 'PUT') list[at] = { ...list[at], ...body, changed: now() };
  if (verb === 'DELETE') return list.splice(at, 1)[0];
  return list[at];
}
