// The dashboards there are, and a first one for whoever has none.

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import * as ask from '../api/ask';
import { post } from '../api/request';
import type { Dashboard, Tile } from '../api/wire';
import { Dialog } from '../parts/dialog';
import { Text } from '../parts/field';
import { ago, plural } from '../parts/format';
import { Icon } from '../parts/icons';
import { Empty, Failure, PageHead, Waiting } from '../parts/page';
import { BEGINNING } from './beginning';
import { COLUMNS } from './layout';

export default function Dashboards() {
  const boards = useQuery(ask.dashboards());
  const [naming, setNaming] = useState(false);
  const make = useMakeBoard();
  return (
    <>
      <PageHead title="Dashboards" lead="Answers that are asked again each time someone looks.">
        <button type="button" className="press press-first" onClick={() => setNaming(true)}>
          <Icon name="plus" size={13} />
          New dashboard
        </button>
      </PageHead>
      {boards.isPending && <Waiting label="Reading the dashboards" />}
      {boards.error && <Failure error={boards.error} retry={() => void boards.refetch()} />}
      {boards.data?.length === 0 && (
        <section className="card" aria-label="Dashboards">
          <Empty
            title="No dashboard yet"
            action={
              <button type="button" className="press press-first" disabled={make.isPending}
                onClick={() => make.mutate({ name: 'Overview', tiles: BEGINNING })}>
                Make a first one
              </button>
            }
          >
            It begins with what every product asks: how many people come, how often, who stays. Or
            ask a question under <Link to="/insights" className="underline">Insights</Link> and
            choose <b>Keep</b>.
          </Empty>
        </section>
      )}
      {make.error && <Failure error={make.error} />}
      {boards.data && boards.data.length > 0 && (
        <ul className="grid gap-3 sm:grid-cols-2 xl:grid-cols-3">
          {boards.data.map((board) => (
            <li key={board.id}>
              <Card board={board} />
            </li>
          ))}
        </ul>
      )}
      <Dialog title="New dashboard" open={naming} onClose={() => setNaming(false)}>
        <NameForm onName={(name) => make.mutate({ name, tiles: [] })} busy={make.isPending} />
      </Dialog>
    </>
  );
}

function useMakeBoard() {
  const client = useQueryClient();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: (wish: { name: string; tiles: Tile[] }) =>
      post<Dashboard>('api/dashboards', wish),
    onSuccess: async (made) => {
      await client.invalidateQueries({ queryKey: ['dashboards'] });
      void navigate({ to: '/dashboards/$id', params: { id: made.id } });
    },
  });
}

function NameForm({ onName, busy }: { onName: (name: string) => void; busy: boolean }) {
  const [name, setName] = useState('');
  return (
    <form
      className="flex flex-col gap-4 px-5 pb-5"
      onSubmit={(event) => {
        event.preventDefault();
        if (name.trim() !== '') onName(name.trim());
      }}
    >
      <Text label="Name" value={name} onChange={setName} required />
      <button type="submit" className="press press-first self-start" disabled={busy}>
        Create
      </button>
    </form>
  );
}

function Card({ board }: { board: Dashboard }) {
  return (
    <Link
      to="/dashboards/$id"
      params={{ id: board.id }}
      className="card flex h-full items-center gap-4 p-4 transition-colors hover:border-edge"
    >
      <Miniature tiles={board.tiles} />
      <span className="min-w-0">
        <span className="block truncate font-semibold">{board.name}</span>
        {board.about && <span className="line-clamp-2 text-sm text-soft">{board.about}</span>}
        <span className="mt-0.5 block text-sm text-soft">
          {plural(board.tiles.length, 'tile')}, changed {ago(board.changed, Date.now())}
        </span>
      </span>
    </Link>
  );
}

function Miniature({ tiles }: { tiles: readonly Tile[] }) {
  const [width, height] = [112, 64];
  const rows = Math.max(8, ...tiles.map((each) => each.y + each.h));
  const [x, y] = [width / COLUMNS, height / rows];
  return (
    <svg width={width} height={height} aria-hidden="true" className="shrink-0">
      {tiles.map((tile) => (
        <rect key={tile.id} x={tile.x * x + 1} y={tile.y * y + 1} width={tile.w * x - 2}
          height={Math.max(1, tile.h * y - 2)} rx="2"
          fill={tile.view === 'number' ? 'var(--accent)' : 'var(--accent-soft)'}
          stroke="var(--accent)" strokeWidth="0.75" />
      ))}
    </svg>
  );
}
