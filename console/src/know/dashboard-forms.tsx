// The two short forms of a dashboard: one more tile, and another title for one.

import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { SavedQuestion, Tile } from '../api/wire';
import { among } from '../frame/search';
import { Choice, Select, Text } from '../parts/field';
import { kindTitle } from './kinds';
import { freePlace, newTileId, settle } from './layout';

const VIEWS = [
  { value: 'chart', label: 'Chart' },
  { value: 'table', label: 'Table' },
  { value: 'number', label: 'Figure' },
] as const;

export function AddTile(props: {
  tiles: readonly Tile[];
  questions: readonly SavedQuestion[];
  onAdd: (tiles: Tile[]) => void;
}) {
  const { tiles, questions } = props;
  const [chosen, setChosen] = useState<string>();
  const [chosenView, setView] = useState<Tile['view']>('chart');
  const id = chosen ?? questions[0]?.id;
  if (id === undefined) {
    return (
      <p className="px-5 pb-5 text-sm">
        No question is saved yet. Ask one under{' '}
        <Link to="/insights" className="underline">Insights</Link> and choose <b>Keep</b>; there it
        can be put on this dashboard at once.
      </p>
    );
  }
  const question = questions.find((each) => each.id === id);
  const views = question?.kind === 'sql' ? VIEWS.filter((each) => each.value !== 'chart') : VIEWS;
  const view = among(chosenView, views.map((each) => each.value));
  const add = () => {
    const title = question?.name;
    const place = freePlace(tiles);
    const size = view === 'number' ? { w: 3, h: 2 } : {};
    const tile = { id: newTileId(tiles), title, question: { saved: id }, view, ...place, ...size };
    props.onAdd(settle([...tiles, tile as Tile]));
  };
  return (
    <form
      className="flex flex-col gap-4 px-5 pb-5"
      onSubmit={(event) => {
        event.preventDefault();
        add();
      }}
    >
      <Select
        label="Saved question"
        value={id}
        options={questions.map((each) => ({
          value: each.id,
          label: `${each.name} (${kindTitle(each.kind).toLowerCase()})`,
        }))}
        onChange={setChosen}
      />
      <Choice label="Shown as" value={view} options={views} onChange={setView} />
      <button type="submit" className="press press-first self-start">Add</button>
    </form>
  );
}

export function RenameTile({ tile, onTitle }: { tile: Tile; onTitle: (title: string) => void }) {
  const [title, setTitle] = useState(tile.title ?? '');
  return (
    <form
      className="flex flex-col gap-4 px-5 pb-5"
      onSubmit={(event) => {
        event.preventDefault();
        onTitle(title.trim());
      }}
    >
      <Text label="Title" value={title} onChange={setTitle} />
      <button type="submit" className="press press-first self-start">Take it</button>
    </form>
  );
}
