// Keeping a question: saved by itself, or put on a dashboard.

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState, type FormEvent } from 'react';
import * as ask from '../api/ask';
import { post, put, query } from '../api/request';
import type { Asked, Dashboard, SavedQuestion, Tile } from '../api/wire';
import { Dialog } from '../parts/dialog';
import { Select, Text } from '../parts/field';
import { Menu } from '../parts/menu';
import { Failure } from '../parts/page';
import { freePlace, newTileId } from './layout';
import { NotesDialog } from './notes';

export function KeepMenu(props: { asked: Asked; saved: string | undefined; title: string }) {
  const [open, setOpen] = useState<'none' | 'save' | 'board' | 'notes'>('none');
  const client = useQueryClient();
  const saved = useQuery({ ...ask.questions(), enabled: props.saved !== undefined });
  const known = saved.data?.find((each) => each.id === props.saved);
  const update = useMutation({
    mutationFn: (was: SavedQuestion) =>
      put(`api/questions/${encodeURIComponent(was.id)}${query({ version: was.version })}`, {
        name: was.name,
        about: was.about ?? undefined,
        ...props.asked,
      }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['questions'] }),
  });
  return (
    <>
      <Menu
        label="Keep"
        actions={[
          ...(known
            ? [{ label: `Save over “${known.name}”`, run: () => update.mutate(known) }]
            : []),
          { label: 'Save as a question', run: () => setOpen('save') },
          { label: 'Add to a dashboard', run: () => setOpen('board') },
          { label: 'Note a day on the time axis', run: () => setOpen('notes') },
        ]}
      />
      <NotesDialog open={open === 'notes'} onClose={() => setOpen('none')} />
      <Dialog title="Save as a question" open={open === 'save'} onClose={() => setOpen('none')}>
        <SaveForm {...props} onDone={() => setOpen('none')} />
      </Dialog>
      <Dialog title="Add to a dashboard" open={open === 'board'} onClose={() => setOpen('none')}>
        <BoardForm {...props} />
      </Dialog>
    </>
  );
}

function SaveForm(props: { asked: Asked; title: string; onDone: () => void }) {
  const [name, setName] = useState(props.title);
  const client = useQueryClient();
  const navigate = useNavigate();
  const save = useMutation({
    mutationFn: () => post<SavedQuestion>('api/questions', { name: name.trim(), ...props.asked }),
    onSuccess: async (made) => {
      await client.invalidateQueries({ queryKey: ['questions'] });
      props.onDone();
      void navigate({
        to: '.',
        search: (before: object) => ({ ...before, saved: made.id }),
        replace: true,
      } as never);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() !== '') save.mutate();
  };
  return (
    <form className="flex flex-col gap-4 px-5 pb-5" onSubmit={submit}>
      <Text label="Name" value={name} onChange={setName} required />
      <p className="text-sm text-soft">
        Everyone who may open this console finds it under Insights. What they see of it is judged
        anew each time.
      </p>
      <button type="submit" className="press press-first self-start" disabled={save.isPending}>
        Save
      </button>
      {save.error && <Failure error={save.error} />}
    </form>
  );
}

const NEW = '+';

function BoardForm({ asked, title }: { asked: Asked; title: string }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const boards = useQuery(ask.dashboards());
  const [chosen, setChosen] = useState<string>();
  const [name, setName] = useState('');
  const [tileTitle, setTileTitle] = useState(title);
  const board = chosen ?? boards.data?.[0]?.id ?? NEW;
  const add = useMutation({
    mutationFn: async () => {
      const old = boards.data?.find((each) => each.id === board);
      const place = freePlace(old?.tiles ?? []);
      const tile: Tile = {
        id: newTileId(old?.tiles ?? []),
        title: tileTitle.trim() || undefined,
        question: asked,
        view: asked.kind === 'sql' ? 'table' : 'chart',
        ...place,
      } as Tile;
      if (!old) {
        return post<Dashboard>('api/dashboards', { name: name.trim() || title, tiles: [tile] });
      }
      const { about, filters } = old;
      const path = `api/dashboards/${encodeURIComponent(old.id)}`;
      return put<Dashboard>(path + query({ version: old.version }), {
        name: old.name,
        about: about ?? undefined,
        filters: filters ?? undefined,
        tiles: [...old.tiles, tile],
      });
    },
    onSuccess: async (made) => {
      await client.invalidateQueries({ queryKey: ['dashboards'] });
      void navigate({ to: '/dashboards/$id', params: { id: made?.id ?? board } });
    },
  });
  return (
    <form
      className="flex flex-col gap-4 px-5 pb-5"
      onSubmit={(event) => {
        event.preventDefault();
        add.mutate();
      }}
    >
      <Select
        label="Dashboard"
        value={board}
        options={[
          ...(boards.data ?? []).map((each) => ({ value: each.id, label: each.name })),
          { value: NEW, label: 'A new one' },
        ]}
        onChange={setChosen}
      />
      {board === NEW && <Text label="Its name" value={name} onChange={setName} required />}
      <Text label="Title of the tile" value={tileTitle} onChange={setTileTitle} />
      <button type="submit" className="press press-first self-start" disabled={add.isPending}>
        Add
      </button>
      {add.error && <Failure error={add.error} />}
    </form>
  );
}
