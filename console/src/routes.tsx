// Every address of the console. Each page loads its own code; its state is its query string.

import type { QueryClient } from '@tanstack/react-query';
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Link,
  redirect,
} from '@tanstack/react-router';
import * as ask from './api/ask';
import { basePath } from './api/request';
import { KINDS } from './know/kinds';
import { parseSearch, stringifySearch, type Search } from './frame/search';
import { Shell } from './frame/shell';
import { Empty, Failure, Waiting } from './parts/page';

const root = createRootRouteWithContext<{ client: QueryClient }>()({
  component: Shell,
  notFoundComponent: () => (
    <Empty title="No such page" action={<Link to="/" className="press">Go to the start</Link>}>
      The address may be old, or mistyped.
    </Empty>
  ),
});

// Whoever has events wants answers, a dashboard of them if there is one; whoever has none wants the
// first event.
const home = createRoute({
  getParentRoute: () => root,
  path: '/',
  beforeLoad: async ({ context }) => {
    const status = await context.client.ensureQueryData(ask.status());
    const hasEvents = status.file_rows + status.fresh_rows > 0;
    if (!hasEvents) throw redirect({ to: '/start', replace: true });
    const boards = await context.client.ensureQueryData(ask.dashboards());
    const first = boards[0];
    if (!first) throw redirect({ to: '/dashboards', replace: true });
    throw redirect({ to: '/dashboards/$id', params: { id: first.id }, replace: true });
  },
});

const page = <P extends string>(path: P, load: () => Promise<{ default: () => React.ReactNode }>) =>
  createRoute({
    getParentRoute: () => root,
    path,
    validateSearch: (search: Record<string, unknown>): Search => search as Search,
    component: lazyRouteComponent(load),
  });

// A kind brings its builder and its answer; the page around them is the same for all.
const insights = KINDS.map((kind) =>
  page(`/insights/${kind.name}`, async () => {
    const [frame, own] = await Promise.all([import('./know/insight'), kind.load()]);
    return { default: frame.insightPage(own.default) };
  }),
);

const tree = root.addChildren([
  home,
  page('/start', () => import('./arrive/start')),
  page('/sources', () => import('./arrive/sources')),
  page('/events', () => import('./keep/events')),
  page('/storage', () => import('./keep/storage')),
  page('/catalogue', () => import('./know/catalogue')),
  page('/insights', () => import('./know/index')),
  ...insights,
  page('/dashboards', () => import('./know/dashboards')),
  page('/dashboards/$id', () => import('./know/dashboard')),
  page('/sql', () => import('./know/sql')),
  page('/alerts', () => import('./know/alerts')),
  page('/people', () => import('./know/people-page')),
  page('/people/$person', () => import('./know/person')),
  page('/policy', () => import('./admit/policy')),
  page('/rights', () => import('./erase/rights')),
  page('/ledger', () => import('./ledger/ledger')),
]);

export function makeRouter(client: QueryClient) {
  return createRouter({
    routeTree: tree,
    context: { client },
    basepath: basePath(),
    parseSearch,
    stringifySearch,
    defaultPreload: 'intent',
    scrollRestoration: false,
    defaultPendingComponent: () => <Waiting label="Loading" />,
    defaultErrorComponent: ({ error, reset }) => <Failure error={error} retry={reset} />,
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
