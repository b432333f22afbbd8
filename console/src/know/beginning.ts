// The first dashboard of an installation that has none. It names no event, so it fits any product.

import type { Asked, Tile, TileView } from '../api/wire';

const common = (purpose: string, from: string) => ({ purpose, from, to: 'now', zone: 'UTC' });
const tile = (
  id: number,
  title: string,
  view: TileView,
  [x, y, w, h]: [number, number, number, number],
  kind: string,
  question: Asked['question'],
): Tile => ({ id: `t${id}`, title, view, x, y, w, h, question: { kind, question } });

const all = (count: string) => [{ event: null, count }];
const any = { event: null };

export const BEGINNING: Tile[] = [
  tile(1, 'People', 'number', [0, 0, 3, 2], 'trend', {
    ...common('measure', '-29d'), interval: 'day', series: all('people'),
  }),
  tile(2, 'Events', 'number', [3, 0, 3, 2], 'trend', {
    ...common('measure', '-29d'), interval: 'day', series: all('events'),
  }),
  tile(3, 'Sessions', 'number', [6, 0, 3, 2], 'sessions', {
    ...common('analyse', '-29d'), interval: 'day',
  }),
  tile(4, 'More than one day', 'number', [9, 0, 3, 2], 'stickiness', {
    ...common('analyse', '-29d'), interval: 'day', series: [any],
  }),
  tile(5, 'People and events', 'chart', [0, 2, 8, 6], 'trend', {
    ...common('measure', '-29d'), interval: 'day', compare: 'previous',
    series: all('people'),
  }),
  tile(6, 'New, staying, leaving', 'chart', [8, 2, 4, 6], 'lifecycle', {
    ...common('analyse', '-89d'), interval: 'week', event: null,
  }),
  tile(7, 'Who comes back', 'chart', [0, 8, 7, 8], 'retention', {
    ...common('analyse', '-55d'), interval: 'week', start: any, return: any,
  }),
  tile(8, 'On how many days', 'chart', [7, 8, 5, 8], 'stickiness', {
    ...common('analyse', '-29d'), interval: 'day', series: [any],
  }),
];
