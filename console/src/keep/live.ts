// A list that grows at its top and can be held still. What arrives while held waits, counted.

import { useEffect, useState } from 'react';
import { useStream, type StreamState } from '../api/stream';

const ROWS_MAX = 400;

export interface Live<T> {
  rows: T[];
  held: number;
  paused: boolean;
  state: StreamState;
  setPaused: (paused: boolean) => void;
}

/** Joins a first page (newest first) with a stream; `name` tells equal items apart. */
export function useLive<T>(options: {
  path: string;
  event: string;
  first: T[] | undefined;
  name: (item: T) => string;
}): Live<T> {
  const { first, name, path } = options;
  const [rows, setRows] = useState<T[]>([]);
  const [waiting, setWaiting] = useState<T[]>([]);
  const [paused, setPaused] = useState(false);

  const join = (newer: T[], older: T[]) => {
    const seen = new Set(newer.map(name));
    return [...newer, ...older.filter((each) => !seen.has(name(each)))].slice(0, ROWS_MAX);
  };
  useEffect(() => {
    setRows([]);
    setWaiting([]);
  }, [path]);
  useEffect(() => {
    if (first) setRows((before) => join(before, first));
    // `join` depends on `name` alone, which is constant for a list.
  }, [first]);

  const state = useStream<T>(path, options.event, (item) => {
    if (paused) setWaiting((before) => join([item], before));
    else setRows((before) => join([item], before));
  });
  return {
    rows,
    held: waiting.length,
    paused,
    state,
    setPaused: (pause) => {
      if (!pause) {
        setRows((before) => join(waiting, before));
        setWaiting([]);
      }
      setPaused(pause);
    },
  };
}
