// Annotations: what happened outside the data, marked on every chart over time.

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import * as ask from '../api/ask';
import { post, remove } from '../api/request';
import type { Annotation } from '../api/wire';
import { Dialog } from '../parts/dialog';
import { Text } from '../parts/field';
import { dayOf } from '../parts/format';
import { Failure, Waiting } from '../parts/page';
import { IconButton } from './fields';

const EVER = '1970-01-01T00:00:00Z';

export function NotesDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Dialog title="Notes on the time axis" open={open} onClose={onClose}>
      <Notes />
    </Dialog>
  );
}

function Notes() {
  const client = useQueryClient();
  const [day, setDay] = useState(() => new Date().toISOString().slice(0, 10));
  const [text, setText] = useState('');
  const now = new Date(Date.now() + 366 * 86_400_000).toISOString().slice(0, 10);
  const notes = useQuery(ask.annotations(EVER, `${now}T00:00:00Z`));
  const again = () => client.invalidateQueries({ queryKey: ['annotations'] });
  const add = useMutation({
    mutationFn: () => post('api/annotations', { time: `${day}T00:00:00Z`, text: text.trim() }),
    onSuccess: () => {
      setText('');
      return again();
    },
  });
  const drop = useMutation({
    mutationFn: (note: Annotation) => remove(`api/annotations/${encodeURIComponent(note.id)}`),
    onSuccess: again,
  });
  return (
    <div className="overflow-y-auto px-5 pb-5">
      <form
        className="flex flex-wrap items-end gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          if (text.trim() !== '') add.mutate();
        }}
      >
        <Text label="Day" type="date" value={day} onChange={setDay} />
        <Text label="What happened" value={text} className="flex-1" onChange={setText}
          required />
        <button type="submit" className="press press-first" disabled={add.isPending}>
          Add
        </button>
      </form>
      {(add.error ?? drop.error) && <Failure error={add.error ?? drop.error} />}
      {notes.isPending && <Waiting label="Reading the notes" />}
      {notes.data?.length === 0 && (
        <p className="mt-4 text-sm text-soft">
          None yet. A note such as “autumn sale begins” explains a jump to whoever sees it later.
        </p>
      )}
      <ul className="mt-3">
        {(notes.data ?? []).map((note) => (
          <li key={note.id} className="flex items-center gap-3 border-t border-line py-1 text-sm">
            <span className="w-24 shrink-0 text-soft tabular-nums">{dayOf(note.time)}</span>
            <span className="min-w-0 flex-1">{note.text}</span>
            <IconButton name="close" label={`Remove the note ${note.text}`}
              onClick={() => drop.mutate(note)} />
          </li>
        ))}
      </ul>
    </div>
  );
}
