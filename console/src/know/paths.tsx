// Paths: what people did next, or before, as a flow from step to step, and as a table of its edges.

import { useId, useState, type KeyboardEvent } from 'react';
import type { PathEdge, PathsAnswer, Scope, Which } from '../api/wire';
import { Select } from '../parts/field';
import { capital, count, duration, plural } from '../parts/format';
import { AddButton, EventField, IconButton, PropertyField } from './fields';
import { flowOf, NODE_WIDTH, ribbonPath, type Flow, type Ribbon } from './flow';
import { define, type BuilderProps, type ShownProps } from './kind';
import { counted } from './measure';
import { Pickable } from './pickable';
import { useWidth } from './plot';
import { Where } from './where';

interface Question {
  starts?: Which;
  ends?: Which;
  by?: string;
  length: number;
  limit: number;
  gap?: string;
  exclude?: string[];
}

export default define<Question, PathsAnswer>({
  name: 'paths',
  title: 'Paths',
  lead: 'What people do one after the other.',
  standard: { length: 4, limit: 30 },
  purpose: 'analyse',
  last: '30d',
  begin: ({ starts, ends }, [first]) =>
    starts === undefined && ends === undefined && first
      ? { starts: { event: first.value } }
      : undefined,
  Builder,
  Options,
  options: ['exclude', 'gap'],
  isEmpty: (answer) => answer.edges.length === 0,
  Chart,
  Table,
});

const LENGTHS = [2, 3, 4, 5, 6, 8, 10].map((each) => ({
  value: String(each),
  label: `${each} steps`,
}));
const LIMITS = [15, 30, 50, 100].map((each) => ({ value: String(each), label: `${each} edges` }));
const GAPS = [
  { value: '10m', label: '10 minutes' },
  { value: '30m', label: '30 minutes' },
  { value: '1h', label: 'an hour' },
  { value: '1d', label: 'a day' },
];

function Builder({ question, change, events, purpose }: BuilderProps<Question>) {
  const side = question.ends !== undefined ? 'ends' : 'starts';
  const own = question[side];
  return (
    <>
      <div className="fields">
        <Select
          label="Paths that"
          value={side}
          options={[
            { value: 'starts', label: 'begin with' },
            { value: 'ends', label: 'end with' },
          ]}
          onChange={(next) =>
            change({
              starts: next === 'starts' ? own : undefined,
              ends: next === 'ends' ? own : undefined,
            } as Partial<Question>)
          }
        />
        <EventField label="Event" value={own?.event} any="Any event" events={events}
          onChange={(event) => change({ [side]: { ...own, event } })} />
        {own && (
          <Where where={own.where} of="Event" purpose={purpose}
            onChange={(where) => change({ [side]: { ...own, where } as Which })} />
        )}
        <Select label="Length" value={String(question.length)} options={LENGTHS}
          onChange={(length) => change({ length: Number(length) })} />
        <PropertyField label="A step is" none="The event's name" value={question.by}
          onChange={(by) => change({ by } as Partial<Question>)} />
      </div>
    </>
  );
}

function Options({ question, change, events }: BuilderProps<Question>) {
  const exclude = question.exclude ?? [];
  const leave = (next: string[]) =>
    change({ exclude: next.length > 0 ? next : undefined } as Partial<Question>);
  return (
    <>
      <Select label="A path ends after silence of" value={question.gap ?? '30m'} options={GAPS}
        onChange={(gap) => change({ gap: gap === '30m' ? undefined : gap } as Partial<Question>)} />
      <Select label="Show the strongest" value={String(question.limit)} options={LIMITS}
        onChange={(limit) => change({ limit: Number(limit) })} />
      {exclude.map((event, index) => (
        <div key={index} className="flex items-end gap-1">
          <EventField label={`Skipping ${index + 1}`} value={event} events={events}
            onChange={(next) =>
              leave(exclude.map((each, at) => (at === index ? (next ?? each) : each)))} />
          <IconButton name="close" label={`Remove skipping ${index + 1}`}
            onClick={() => leave(exclude.filter((_, at) => at !== index))} />
        </div>
      ))}
      {events.length > 0 && (
        <AddButton onClick={() => leave([...exclude, events.at(-1)?.value ?? ''])}>
          Skip an event
        </AddButton>
      )}
    </>
  );
}

type Shown = ShownProps<Question, PathsAnswer>;
const edgeWords = (edge: PathEdge) => `${edge.from} to ${edge.to}`;
const pickOf = (edge: PathEdge) => ({
  title: edgeWords(edge),
  pick: { step: edge.step, from: edge.from, to: edge.to },
});

function Chart({ answer, question, onPick, height }: Shown) {
  const { box, width } = useWidth();
  const id = useId();
  const [at, setAt] = useState<number | null>(null);
  const columns = new Set(answer.nodes.map((node) => node.step)).size;
  const wide = Math.max(width, columns * (height ? 140 : 190));
  const fullest = Math.max(
    1,
    ...[...Map.groupBy(answer.nodes, (node) => node.step).values()].map((each) => each.length),
  );
  const tall = height ?? Math.min(720, Math.max(320, fullest * 46));
  const flow = flowOf(answer, wide, tall);
  const chosen = at === null ? undefined : flow.ribbons[at];
  const onKeyDown = (press: KeyboardEvent) => {
    if (press.key === 'Escape') setAt(null);
    if (press.key === 'Enter' && chosen) onPick?.(pickOf(chosen.edge));
    const next = move(flow, at, press.key);
    if (next === undefined) return;
    press.preventDefault();
    setAt(next);
  };
  return (
    <div className="overflow-x-auto px-4 pt-3 pb-4">
      <div
        ref={box}
        role="group"
        tabIndex={0}
        aria-label={
          'Flow. Arrow keys move along its ribbons, Enter lists the people behind one; ' +
          'the table holds the same numbers.'
        }
        aria-describedby={`${id}-said`}
        onKeyDown={onKeyDown}
        onBlur={() => setAt(null)}
      >
        {width > 0 && (
          <svg width={wide} height={tall} aria-hidden="true" className="block select-none"
            onPointerLeave={() => setAt(null)}>
            {flow.ribbons.map((ribbon, index) => (
              <RibbonMark
                key={index}
                ribbon={ribbon}
                isChosen={index === at}
                isFaint={at !== null && index !== at}
                onEnter={() => setAt(index)}
                onPress={onPick && (() => onPick(pickOf(ribbon.edge)))}
              />
            ))}
            <Nodes flow={flow} />
          </svg>
        )}
        <p id={`${id}-said`} aria-live="polite"
          className="min-h-6 pt-1 text-[0.8125rem] text-soft tabular-nums">
          {chosen ? said(chosen.edge, question) : ''}
        </p>
      </div>
    </div>
  );
}

function said(edge: PathEdge, scope: Scope): string {
  const time = edge.median_seconds === null ? '' : `, median ${duration(edge.median_seconds)}`;
  const people = plural(edge.people, counted(scope, false), counted(scope));
  return `${edgeWords(edge)}: ${plural(edge.count, 'time')}, ${people}${time}`;
}

/** Up and down along the ribbons, left and right to the strongest of another step. */
function move(flow: Flow, at: number | null, key: string): number | undefined {
  const last = flow.ribbons.length - 1;
  if (at === null) return key.startsWith('Arrow') && last >= 0 ? 0 : undefined;
  const step = flow.ribbons[at]?.edge.step ?? 0;
  if (key === 'ArrowDown') return Math.min(last, at + 1);
  if (key === 'ArrowUp') return Math.max(0, at - 1);
  if (key !== 'ArrowLeft' && key !== 'ArrowRight') return undefined;
  const wanted = flow.steps[flow.steps.indexOf(step) + (key === 'ArrowRight' ? 1 : -1)];
  const found = flow.ribbons.findIndex((each) => each.edge.step === wanted);
  return found < 0 ? at : found;
}

function RibbonMark(props: {
  ribbon: Ribbon;
  isChosen: boolean;
  isFaint: boolean;
  onEnter: () => void;
  onPress: (() => void) | undefined;
}) {
  return (
    <path
      d={ribbonPath(props.ribbon)}
      fill="var(--accent)"
      opacity={props.isChosen ? 0.75 : props.isFaint ? 0.14 : 0.28}
      stroke={props.isChosen ? 'var(--ink)' : 'none'}
      className={props.onPress ? 'cursor-pointer' : ''}
      onPointerEnter={props.onEnter}
      onClick={props.onPress}
    />
  );
}

function Nodes({ flow }: { flow: Flow }) {
  return (
    <g className="text-[0.75rem]">
      {flow.steps.map((step, index) => {
        const first = flow.nodes.find((node) => node.step === step);
        return (
          <text key={step} x={first?.x ?? 0} y={12} fill="var(--soft)">
            Step {index + 1}
          </text>
        );
      })}
      {flow.nodes.map((node) => (
        <g key={`${node.step} ${node.name}`}>
          <rect x={node.x} y={node.y} width={NODE_WIDTH} height={node.height} rx="2"
            fill="var(--accent)" />
          <text
            x={node.x + NODE_WIDTH + 6}
            y={node.y + Math.max(6, Math.min(14, node.height / 2)) + 4}
            fill="var(--ink)"
            stroke="var(--raised)"
            strokeWidth="3"
            paintOrder="stroke"
          >
            {short(node.name)}
            <tspan fill="var(--soft)"> {count(node.count)}</tspan>
          </text>
        </g>
      ))}
    </g>
  );
}

const NAME_MAX = 22;
const short = (name: string) =>
  name.length > NAME_MAX ? `${name.slice(0, NAME_MAX - 1)}…` : name;

function Table({ answer, question, onPick }: Shown) {
  return (
    <div className="mt-4 max-h-[34rem] overflow-auto" tabIndex={0} role="region"
      aria-label="The same numbers as a table">
      <table className="grid-table">
        <thead className="sticky top-0 z-10 bg-raised">
          <tr>
            <th scope="col" className="number pl-5">Step</th>
            <th scope="col">From</th>
            <th scope="col">To</th>
            <th scope="col" className="number">Times</th>
            <th scope="col" className="number">{capital(counted(question))}</th>
            <th scope="col" className="number pr-5">Median time</th>
          </tr>
        </thead>
        <tbody>
          {answer.edges.map((edge, index) => (
            <tr key={index}>
              <td className="number pl-5 text-soft">{edge.step}</td>
              <th scope="row" className="font-normal">{edge.from}</th>
              <td>{edge.to}</td>
              <td className="number">{count(edge.count)}</td>
              <td className="number">
                <Pickable value={count(edge.people)} of={edgeWords(edge)}
                  pick={onPick && (() => onPick(pickOf(edge)))} />
              </td>
              <td className="number pr-5">
                {edge.median_seconds === null ? '–' : duration(edge.median_seconds)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {answer.top.length > 0 && <TopPaths answer={answer} />}
    </div>
  );
}

function TopPaths({ answer }: { answer: PathsAnswer }) {
  return (
    <table className="grid-table border-t border-line">
      <thead>
        <tr>
          <th scope="col" className="pl-5">Whole path</th>
          <th scope="col" className="number pr-5">Times</th>
        </tr>
      </thead>
      <tbody>
        {answer.top.map((each, index) => (
          <tr key={index}>
            <th scope="row" className="pl-5 font-normal">{each.path.join(' → ')}</th>
            <td className="number pr-5">{count(each.count)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
