// The tiles of a dashboard on twelve columns; below each other where there is no room for that.

import { useState } from 'react';
import type { Asked, Tile, TileAnswers } from '../api/wire';
import type { Picked } from './kind';
import { COLUMNS, put, settle } from './layout';
import { useWidth } from './plot';
import { GAP_PX, ROW_PX, TileCard } from './tile';
import { EditMenu, MoveHandle, SizeCorner, type Change } from './tile-handles';
import { kindTitle } from './kinds';

const NARROW_PX = 760;

export function Grid(props: {
  tiles: Tile[];
  isEdited: boolean;
  answers: TileAnswers['tiles'];
  isStale: boolean;
  askedBy: (tile: Tile) => Asked | undefined;
  onTiles: (tiles: Tile[]) => void;
  onTitle: (tile: Tile) => void;
  onPick: (tile: Tile, picked: Picked) => void;
}) {
  const { box, width } = useWidth();
  const [said, setSaid] = useState('');
  const isNarrow = width > 0 && width < NARROW_PX;
  const tiles = settle(props.tiles);
  const cell = { x: (width + GAP_PX) / COLUMNS, y: ROW_PX + GAP_PX };
  const place = (tile: Tile, change: Change) => {
    const next = put(tiles, tile.id, change);
    props.onTiles(next);
    const now = next.find((each) => each.id === tile.id);
    if (now) {
      setSaid(`Column ${now.x + 1}, row ${now.y + 1}, ${now.w} wide, ${now.h} tall`);
    }
  };
  const change = (tile: Tile, part: Partial<Tile>) =>
    props.onTiles(tiles.map((each) => (each.id === tile.id ? { ...each, ...part } : each)));
  const titleOf = (tile: Tile) => tile.title || kindTitle(props.askedBy(tile)?.kind ?? 'tile');
  return (
    <>
      <p className="sr-only" role="status">{said}</p>
      <div
        ref={box}
        className="grid"
        style={{
          gap: GAP_PX,
          gridTemplateColumns: isNarrow ? 'minmax(0,1fr)' : `repeat(${COLUMNS},minmax(0,1fr))`,
          gridAutoRows: isNarrow ? 'auto' : ROW_PX,
        }}
      >
        {width > 0 &&
          tiles.map((tile) => {
            const found = props.answers.find((each) => each.id === tile.id);
            const handles = {
              tile,
              title: titleOf(tile),
              cell,
              onPlace: (part: Change) => place(tile, part),
            };
            return (
              <div
                key={tile.id}
                className="relative min-w-0"
                style={
                  isNarrow
                    ? { maxHeight: tile.h * ROW_PX * 1.5 + 60 }
                    : {
                        gridColumn: `${tile.x + 1} / span ${tile.w}`,
                        gridRow: `${tile.y + 1} / span ${tile.h}`,
                      }
                }
              >
                <TileCard
                  tile={tile}
                  asked={props.askedBy(tile)}
                  saved={'saved' in tile.question ? tile.question.saved : undefined}
                  answer={found?.answer}
                  problem={found?.problem}
                  isStale={props.isStale}
                  onPick={(picked) => props.onPick(tile, picked)}
                  corner={
                    props.isEdited && (
                      <div className="flex">
                        {!isNarrow && <MoveHandle {...handles} />}
                        <EditMenu
                          {...handles}
                          onView={(view) => change(tile, { view })}
                          onTitle={() => props.onTitle(tile)}
                          onRemove={() =>
                            props.onTiles(settle(tiles.filter((each) => each.id !== tile.id)))
                          }
                        />
                      </div>
                    )
                  }
                />
                {props.isEdited && !isNarrow && <SizeCorner {...handles} />}
              </div>
            );
          })}
      </div>
    </>
  );
}
