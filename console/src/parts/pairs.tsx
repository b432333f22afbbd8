// Names with their values, as a list of definitions.

import { Fragment } from 'react';

export function Pairs(props: {
  title: string;
  pairs: readonly (readonly [string, string])[];
  none?: string;
}) {
  return (
    <div className="min-w-0">
      <p className="eyebrow mb-1">{props.title}</p>
      {props.pairs.length === 0 && props.none && (
        <p className="text-sm text-soft">{props.none}</p>
      )}
      <dl className="grid grid-cols-[minmax(6rem,auto)_1fr] gap-x-4 gap-y-0.5 text-sm">
        {props.pairs.map(([name, value]) => (
          <Fragment key={name}>
            <dt className="font-mono text-[0.8125rem] text-soft">{name}</dt>
            <dd className="min-w-0 break-words">{value}</dd>
          </Fragment>
        ))}
      </dl>
    </div>
  );
}
