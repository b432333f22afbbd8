// The editor of the SQL page. It lives in a shadow root: there its styles are sheets of its own
// making, which the page's policy lets be, and not style elements, which it blocks.

import {
  autocompletion,
  completionKeymap,
  type Completion,
} from '@codemirror/autocomplete';
import { history, historyKeymap, standardKeymap } from '@codemirror/commands';
import { StandardSQL, schemaCompletionSource, sql } from '@codemirror/lang-sql';
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { Compartment, EditorState, Prec, type Extension } from '@codemirror/state';
import { EditorView, keymap, lineNumbers, placeholder } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { useEffect, useImperativeHandle, useRef, type Ref } from 'react';
import type { SqlSchema } from '../api/wire';
import { written } from './sql-rows';

export interface EditorHandle {
  insert: (text: string) => void;
  replace: (text: string) => void;
  focus: () => void;
}

/** Completions that are shown at once. */
const OFFERED = 10;

const LOOK = EditorView.theme({
  '&': { color: 'var(--ink)', backgroundColor: 'var(--raised)', fontSize: '0.875rem' },
  '&.cm-focused': { outline: '2px solid var(--accent)', outlineOffset: '-2px' },
  '.cm-content': {
    fontFamily: "ui-monospace, 'SF Mono', 'Cascadia Mono', 'DejaVu Sans Mono', Menlo, monospace",
    minHeight: '9rem',
    padding: '0.75rem 0',
    caretColor: 'var(--ink)',
  },
  '.cm-gutters': { backgroundColor: 'var(--sunken)', color: 'var(--soft)', border: 'none' },
  '.cm-gutter': { minHeight: '9rem' },
  '.cm-cursor': { borderLeftColor: 'var(--ink)' },
  '.cm-placeholder': { color: 'var(--soft)' },
  '.cm-tooltip': {
    backgroundColor: 'var(--raised)',
    border: '1px solid var(--line)',
    borderRadius: '8px',
    boxShadow: 'var(--shadow-high)',
    overflow: 'hidden',
  },
  // Its list is short enough not to scroll: arrow keys page through it.
  '.cm-tooltip.cm-tooltip-autocomplete > ul': { maxHeight: 'none' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li': { padding: '3px 10px', color: 'var(--ink)' },
  '.cm-tooltip-autocomplete ul li[aria-selected]': {
    backgroundColor: 'var(--accent-soft)',
    color: 'var(--accent-text)',
  },
  '.cm-completionDetail': { color: 'var(--soft)', fontStyle: 'normal', marginLeft: '1.5rem' },
});

const COLOURS = HighlightStyle.define([
  { tag: tags.keyword, color: 'var(--accent-text)', fontWeight: '600' },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--series-1)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--series-2)' },
  { tag: [tags.comment], color: 'var(--soft)', fontStyle: 'italic' },
  { tag: [tags.standard(tags.name), tags.typeName], color: 'var(--series-3)' },
]);

function language(schema: SqlSchema | undefined): Extension {
  const tables = Object.fromEntries(
    (schema?.tables ?? []).map((table) => [
      table.name,
      {
        self: { label: table.name, detail: table.about, type: 'class' } as Completion,
        children: table.columns.map((column) => ({
          label: column.name,
          apply: written(column.name),
          detail: column.type,
          info: column.about,
          type: 'property',
        })),
      },
    ]),
  );
  const functions: Completion[] = (schema?.functions ?? []).map((each) => {
    const name = typeof each === 'string' ? each : each.name;
    return { label: name, type: 'function', apply: `${name}(` };
  });
  // Columns are offered without their table too: there is mostly one.
  const columns = schema?.tables[0]?.columns ?? [];
  const loose: Completion[] = columns.map(({ name, type, about }) => ({
    label: name,
    apply: written(name),
    detail: type,
    info: about,
    type: 'property',
    boost: 1,
  }));
  const support = sql({ dialect: StandardSQL });
  return [
    support,
    StandardSQL.language.data.of({
      autocomplete: schemaCompletionSource({ dialect: StandardSQL, schema: tables }),
    }),
    StandardSQL.language.data.of({
      autocomplete: (context: { matchBefore: (what: RegExp) => { from: number } | null;
        explicit: boolean; pos: number }) => {
        const word = context.matchBefore(/\w+/);
        if (!word && !context.explicit) return null;
        return { from: word?.from ?? context.pos, options: [...loose, ...functions] };
      },
    }),
  ];
}

export default function SqlEditor(props: {
  handle: Ref<EditorHandle>;
  initial: string;
  schema: SqlSchema | undefined;
  onChange: (text: string) => void;
  onRun: () => void;
}) {
  const box = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const spoken = useRef(new Compartment());
  const latest = useRef(props);
  useEffect(() => {
    latest.current = props;
  });

  useEffect(() => {
    const host = box.current;
    if (!host) return;
    const root = host.shadowRoot ?? host.attachShadow({ mode: 'open' });
    const run = () => {
      latest.current.onRun();
      return true;
    };
    const made = new EditorView({
      root,
      parent: root,
      state: EditorState.create({
        doc: latest.current.initial,
        extensions: [
          lineNumbers(),
          history(),
          autocompletion({ icons: false, maxRenderedOptions: OFFERED }),
          spoken.current.of(language(latest.current.schema)),
          syntaxHighlighting(COLOURS),
          placeholder('select event, count(*) from events group by event'),
          Prec.highest(keymap.of([{ key: 'Mod-Enter', run }])),
          keymap.of([...completionKeymap, ...historyKeymap, ...standardKeymap]),
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({ 'aria-label': 'SQL', spellcheck: 'false' }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) latest.current.onChange(update.state.doc.toString());
          }),
          LOOK,
        ],
      }),
    });
    view.current = made;
    return () => made.destroy();
  }, []);

  useEffect(() => {
    view.current?.dispatch({
      effects: spoken.current.reconfigure(language(props.schema)),
    });
  }, [props.schema]);

  useImperativeHandle(props.handle, () => ({
    insert: (text) => {
      const own = view.current;
      if (!own) return;
      own.dispatch(own.state.replaceSelection(text));
      own.focus();
    },
    replace: (text) => {
      const own = view.current;
      if (!own) return;
      own.dispatch({ changes: { from: 0, to: own.state.doc.length, insert: text } });
      own.focus();
    },
    focus: () => view.current?.focus(),
  }));
  return <div ref={box} className="overflow-hidden rounded-t-xl" />;
}
