// How a tile is moved and resized: with arrow keys on its handle, with the actions of its menu, or
// by dragging. None of it needs a drag.

import { useRef, type KeyboardEvent, type PointerEvent } from 'react';
import type { Tile } from '../api/wire';
import { Icon } from '../parts/icons';
import { Menu, type Action } from '../parts/menu';

export type Change = Partial<Pick<Tile, 'x' | 'y' | 'w' | 'h'>>;

interface Handles {
  tile: Tile;
  title: string;
  /** How many pixels one column and one row are. */
  cell: { x: number; y: number };
  onPlace: (change: Change) => void;
}

const moves = ({ x, y, w, h }: Tile): Record<string, { move: Change; size: Change }> => ({
  ArrowLeft: { move: { x: x - 1 }, size: { w: w - 1 } },
  ArrowRight: { move: { x: x + 1 }, size: { w: w + 1 } },
  ArrowUp: { move: { y: y - 1 }, size: { h: h - 1 } },
  ArrowDown: { move: { y: y + 1 }, size: { h: h + 1 } },
});

export function MoveHandle(props: Handles) {
  const { tile, onPlace } = props;
  const drag = useDrag(props, (by) => ({ x: tile.x + by.x, y: tile.y + by.y }));
  const onKeyDown = (press: KeyboardEvent) => {
    const found = moves(tile)[press.key];
    if (!found) return;
    press.preventDefault();
    onPlace(press.shiftKey ? found.size : found.move);
  };
  return (
    <button
      type="button"
      className="press press-quiet min-h-8 cursor-grab touch-none px-2 active:cursor-grabbing"
      aria-label={`Move ${props.title}: arrow keys move it, with Shift they resize it`}
      title="Drag, or arrow keys; with Shift they resize"
      onKeyDown={onKeyDown}
      {...drag}
    >
      <Icon name="move" />
    </button>
  );
}

/** The lower right corner; a pointer's shortcut for what the handle and the menu do too. */
export function SizeCorner(props: Handles) {
  const { tile } = props;
  const drag = useDrag(props, (by) => ({ w: tile.w + by.x, h: tile.h + by.y }));
  return (
    <div
      aria-hidden="true"
      className="absolute right-0.5 bottom-0.5 size-6 cursor-nwse-resize touch-none text-edge"
      {...drag}
    >
      <svg viewBox="0 0 24 24">
        <path d="M20 10 10 20M20 15.5 15.5 20" stroke="currentColor" strokeWidth="2"
          strokeLinecap="round" />
      </svg>
    </div>
  );
}

function useDrag({ cell, onPlace }: Handles, place: (by: { x: number; y: number }) => Change) {
  const from = useRef<{ x: number; y: number; told: string } | null>(null);
  const start = useRef(place);
  return {
    onPointerDown: (down: PointerEvent<HTMLElement>) => {
      if (down.button !== 0) return;
      down.currentTarget.setPointerCapture(down.pointerId);
      from.current = { x: down.clientX, y: down.clientY, told: '0 0' };
      // The tile moves under the pointer, so what it was at first is kept.
      start.current = place;
    },
    onPointerMove: (move: PointerEvent<HTMLElement>) => {
      if (!from.current) return;
      const by = {
        x: Math.round((move.clientX - from.current.x) / Math.max(1, cell.x)),
        y: Math.round((move.clientY - from.current.y) / Math.max(1, cell.y)),
      };
      const said = `${by.x} ${by.y}`;
      if (said === from.current.told) return;
      from.current.told = said;
      onPlace(start.current(by));
    },
    onPointerUp: () => {
      from.current = null;
    },
    onPointerCancel: () => {
      from.current = null;
    },
  };
}

const VIEWS = [
  { view: 'chart', label: 'Show the chart' },
  { view: 'table', label: 'Show the table' },
  { view: 'number', label: 'Show one figure' },
] as const;

export function EditMenu(props: {
  tile: Tile;
  title: string;
  onPlace: (change: Change) => void;
  onView: (view: Tile['view']) => void;
  onTitle: () => void;
  onRemove: () => void;
}) {
  const { x, y, w, h, view } = props.tile;
  const place = (label: string, change: Change, disabled = false): Action => ({
    label,
    disabled,
    run: () => props.onPlace(change),
  });
  return (
    <Menu
      label={`Change ${props.title}`}
      icon="more"
      actions={[
        { label: 'Rename', icon: 'pen', run: props.onTitle },
        ...VIEWS.filter((each) => each.view !== view).map((each) => ({
          label: each.label,
          run: () => props.onView(each.view),
        })),
        place('Move left', { x: x - 1 }, x === 0),
        place('Move right', { x: x + 1 }, x + w >= 12),
        place('Move up', { y: y - 1 }, y === 0),
        place('Move down', { y: y + 1 }),
        place('Wider', { w: w + 1 }, w >= 12),
        place('Narrower', { w: w - 1 }, w <= 2),
        place('Taller', { h: h + 1 }, h >= 20),
        place('Shorter', { h: h - 1 }, h <= 2),
        { label: 'Remove', icon: 'close', grave: true, run: props.onRemove },
      ]}
    />
  );
}
