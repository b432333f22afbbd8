// One dashboard: its tiles on a grid, the filters over all of them, and editing it in place.

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import * as ask from '../api/ask';
import { put, query, remove } from '../api/request';
import type { Asked, Dashboard, Filters, SavedQuestion, Tile } from '../api/wire';
import { one, type Search } from '../frame/search';
import { Dialog } from '../parts/dialog';
import { Icon } from '../parts/icons';
import { Menu } from '../parts/menu';
import { Empty, Failure, PageHead, Waiting } from '../parts/page';
import { flatten, unflatten } from './codec';
import { whole } from './conditions';
import { FilterBar } from './dashboard-filters';
import { AddTile, RenameTile } from './dashboard-forms';
import { Grid } from './dashboard-grid';
import { isKindName } from './kinds';
import type { Pick } from './kind';
import { NotesDialog } from './notes';
import { PeopleBehind } from './people-behind';
import { Progress } from './progress';
import { range, readPeriod } from './period';

export default function DashboardPage() {
  const { id = '' } = useParams({ strict: false });
  const board = useQuery(ask.dashboard(id));
  if (board.isPending) return <Waiting label="Opening the dashboard" />;
  if (board.error) return <Failure error={board.error} retry={() => void board.refetch()} />;
  return <Board key={id} board={board.data} />;
}

const pathOf = (board: Dashboard) => `api/dashboards/${encodeURIComponent(board.id)}`;

/** What the address says over the dashboard's own filters. */
function useFilters(board: Dashboard) {
  const search = useSearch({ strict: false }) as Search;
  const navigate = useNavigate();
  const find = (name: string) => one(search, name);
  const period = readPeriod({ last: find('last'), from: find('from'), to: find('to') }, 'own');
  const where = unflatten(search, 'filter.')['where'] as Filters['where'];
  const over: Filters = {
    ...(period.last === 'own' ? {} : range(period)),
    ...(find('zone') ? { zone: find('zone') } : {}),
    ...(find('purpose') ? { purpose: find('purpose') } : {}),
    ...(where ? { where } : {}),
  } as Filters;
  const asked = whole(over) as Filters;
  const conditions = [...(board.filters?.where ?? []), ...(asked.where ?? [])];
  const filters: Filters = {
    ...board.filters,
    ...asked,
    ...(conditions.length > 0 ? { where: conditions } : {}),
  };
  const set = (change: Search, replace = true) =>
    void navigate({
      to: '/dashboards/$id',
      params: { id: board.id },
      search: { ...search, ...change },
      replace,
    });
  return { search, period, over: asked, filters, set };
}

function Board({ board }: { board: Dashboard }) {
  const client = useQueryClient();
  const { search, period, over, filters, set } = useFilters(board);
  const isEdited = one(search, 'edit') !== undefined;
  const [draft, setDraft] = useState<Tile[]>();
  const [open, setOpen] = useState<'none' | 'add' | 'notes' | { title: Tile }>('none');
  const tiles = draft ?? board.tiles;
  const questions = useQuery(ask.questions());
  const asks = board.tiles.map((each) => each.question);
  const answering = ask.tileAnswers(board.id, over, { asks, own: board.filters });
  const answers = useQuery(answering);
  const stage = useRef<HTMLDivElement>(null);

  const save = useMutation({
    mutationFn: (next: Partial<Dashboard>) =>
      put<Dashboard>(pathOf(board) + query({ version: board.version }), {
        name: next.name ?? board.name,
        about: next.about ?? board.about ?? undefined,
        filters: next.filters ?? board.filters ?? undefined,
        tiles: next.tiles ?? tiles,
      }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['dashboards'] });
      setDraft(undefined);
    },
  });
  const finish = () => {
    if (draft) save.mutate({ tiles: draft }, { onSuccess: () => set({ edit: undefined }) });
    else set({ edit: undefined });
  };
  const askedBy = (tile: Tile) => questionOf(tile, questions.data ?? [], filters);
  const picked = useBehind(search, tiles, askedBy);
  return (
    <div ref={stage} className="stage">
      <PageHead
        title={board.name}
        lead={board.about ?? 'Each tile is asked anew for whoever looks.'}
      >
        {isEdited ? (
          <>
            <button type="button" className="press" onClick={() => setOpen('add')}>
              <Icon name="plus" size={13} />
              Add a tile
            </button>
            <button type="button" className="press"
              onClick={() => {
                setDraft(undefined);
                set({ edit: undefined });
              }}>
              Cancel
            </button>
            <button type="button" className="press press-first" disabled={save.isPending}
              onClick={finish}>
              Done
            </button>
          </>
        ) : (
          <Actions
            board={board}
            onEdit={() => set({ edit: 'yes' })}
            onAgain={() => void answers.refetch()}
            onNotes={() => setOpen('notes')}
            onFull={() => void toggleFull(stage.current)}
          />
        )}
      </PageHead>
      <FilterBar
        search={search}
        period={period}
        own={board.filters ?? {}}
        over={over}
        set={set}
        onKeep={(next) => {
          save.mutate({ filters: next });
          set({
            ...without(search, 'filter.'),
            last: undefined,
            from: undefined,
            to: undefined,
            zone: undefined,
            purpose: undefined,
          });
        }}
        filters={filters}
      />
      {save.error && <Failure error={save.error} />}
      <Progress queryKey={answering.queryKey} />
      {answers.error && (
        <Failure error={answers.error} retry={() => void answers.refetch()} />
      )}
      {tiles.length === 0 && <NoTiles onAdd={() => setOpen('add')} />}
      <Grid
        tiles={tiles}
        isEdited={isEdited}
        answers={answers.data?.tiles ?? []}
        isStale={answers.isPlaceholderData}
        askedBy={askedBy}
        onTiles={setDraft}
        onTitle={(title) => setOpen({ title })}
        onPick={(tile, { pick }) =>
          set({ ...flatten(pick, 'pick.'), tile: tile.id }, false)
        }
      />
      {picked && (
        <PeopleBehind
          {...picked}
          onClose={() => set({ ...without(search, 'pick.'), tile: undefined })}
        />
      )}
      <NotesDialog open={open === 'notes'} onClose={() => setOpen('none')} />
      <Dialog title="Add a tile" open={open === 'add'} onClose={() => setOpen('none')}>
        <AddTile
          tiles={tiles}
          questions={questions.data ?? []}
          onAdd={(next) => {
            setOpen('none');
            save.mutate({ tiles: next });
          }}
        />
      </Dialog>
      <Dialog title="Rename the tile" open={typeof open === 'object'}
        onClose={() => setOpen('none')}>
        {typeof open === 'object' && (
          <RenameTile
            tile={open.title}
            onTitle={(title) => {
              const renamed = { ...open.title, title };
              setDraft(tiles.map((each) => (each.id === renamed.id ? renamed : each)));
              setOpen('none');
            }}
          />
        )}
      </Dialog>
    </div>
  );
}

const without = (search: Search, prefix: string): Search =>
  Object.fromEntries(
    Object.keys(search).filter((name) => name.startsWith(prefix)).map((name) => [name, undefined]),
  );

/** What a tile asks, with the filters over it. */
function questionOf(tile: Tile, saved: SavedQuestion[], filters: Filters): Asked | undefined {
  const { question } = tile;
  const own =
    'saved' in question ? saved.find((each) => each.id === question.saved) : question;
  if (!own) return undefined;
  const { where: _where, ...rest } = filters;
  return { kind: own.kind, question: { ...own.question, ...rest } };
}

/** The people that the address asks for, of the tile that it names. */
function useBehind(search: Search, tiles: Tile[], askedBy: (tile: Tile) => Asked | undefined) {
  const tile = tiles.find((each) => each.id === one(search, 'tile'));
  const asked = tile && askedBy(tile);
  if (!asked || !isKindName(asked.kind)) return undefined;
  const pick = unflatten(search, 'pick.') as Pick;
  return {
    kind: asked.kind,
    question: asked.question as { purpose: string },
    pick: Object.keys(pick).length > 0 ? pick : undefined,
    title: tile.title ?? undefined,
  };
}

async function toggleFull(element: HTMLElement | null) {
  if (document.fullscreenElement) await document.exitFullscreen();
  else await element?.requestFullscreen();
}

function Actions(props: {
  board: Dashboard;
  onEdit: () => void;
  onAgain: () => void;
  onNotes: () => void;
  onFull: () => void;
}) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [sure, setSure] = useState(false);
  const drop = useMutation({
    mutationFn: () => remove(pathOf(props.board)),
    onSuccess: async () => {
      // Away from it first, so that nobody asks for what is gone.
      await navigate({ to: '/dashboards' });
      client.removeQueries({ queryKey: ['dashboards', props.board.id] });
      await client.invalidateQueries({ queryKey: ['dashboards'] });
    },
  });
  return (
    <>
      <button type="button" className="press" onClick={props.onAgain}>
        <Icon name="again" size={13} />
        Ask again
      </button>
      <button type="button" className="press" onClick={props.onEdit}>
        <Icon name="pen" size={13} />
        Edit
      </button>
      <Menu
        label="More about this dashboard"
        icon="more"
        actions={[
          { label: 'Full screen', icon: 'full', run: props.onFull },
          { label: 'Notes on the time axis', icon: 'pen', run: props.onNotes },
          { label: 'Delete', icon: 'close', grave: true, run: () => setSure(true) },
        ]}
      />
      <Dialog title="Delete this dashboard?" open={sure} onClose={() => setSure(false)}>
        <div className="flex flex-col gap-4 px-5 pb-5 text-sm">
          <p>The questions that were saved by themselves stay.</p>
          <button type="button" className="press press-grave self-start"
            onClick={() => drop.mutate()}>
            Delete {props.board.name}
          </button>
          {drop.error && <Failure error={drop.error} />}
        </div>
      </Dialog>
    </>
  );
}

function NoTiles({ onAdd }: { onAdd: () => void }) {
  return (
    <section className="card" aria-label="Tiles">
      <Empty
        title="Nothing on it yet"
        action={
          <button type="button" className="press" onClick={onAdd}>
            Add a tile
          </button>
        }
      >
        Put a saved question here, or ask one under{' '}
        <Link to="/insights" className="underline">Insights</Link> and choose <b>Keep</b>.
      </Empty>
    </section>
  );
}

