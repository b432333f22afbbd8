// A funnel as tables: its twin, and its groups.

import type { FunnelAnswer } from '../api/wire';
import { capital, count, duration, share } from '../parts/format';
import type { Question } from './funnel';
import type { ShownProps } from './kind';
import { counted } from './measure';
import { Pickable } from './pickable';

type Shown = ShownProps<Question, FunnelAnswer>;

export function FunnelGroups({ answer, onPick }: Shown) {
  return (
    <div className="mt-2 overflow-x-auto pb-3" tabIndex={0} role="region" aria-label="Split">
      <table className="grid-table">
        <thead>
          <tr>
            <th scope="col" className="pl-5">Value</th>
            {answer.steps.map((step, index) => (
              <th key={index} scope="col" className="number">
                {index + 1}. {step.event ?? 'Any event'}
              </th>
            ))}
            <th scope="col" className="pr-5">All the way</th>
          </tr>
        </thead>
        <tbody>
          {(answer.breakdown ?? []).map((group) => {
            const end = group.steps.at(-1);
            const name = group.value || '(none)';
            return (
              <tr key={String(group.value)}>
                <th scope="row" className="pl-5">{name}</th>
                {group.steps.map((step, index) => (
                  <td key={index} className="number">
                    <Pickable
                      value={count(step.people)}
                      of={`${name} at step ${index + 1}`}
                      pick={
                        onPick &&
                        (() =>
                          onPick({
                            title: `${name} at step ${index + 1}`,
                            pick: { step: index + 1, state: 'reached', breakdown: group.value },
                          }))
                      }
                    />
                  </td>
                ))}
                <td className="pr-5">
                  <span className="flex items-center gap-2">
                    <span aria-hidden="true" className="h-2 w-20 overflow-hidden rounded-full
                      bg-sunken">
                      <span
                        className="bar block h-full bg-accent"
                        style={{ width: `${100 * (end?.of_first ?? 0)}%` }}
                      />
                    </span>
                    {share(end?.of_first ?? 0)}
                  </span>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

export function FunnelTable({ answer, question, onPick }: Shown) {
  const groups = [{ value: 'Everyone', steps: answer.steps }, ...(answer.breakdown ?? [])];
  return (
    <div className="mt-4 overflow-x-auto" tabIndex={0} role="region"
      aria-label="The same numbers as a table">
      <table className="grid-table">
        <thead>
          <tr>
            <th scope="col" className="pl-5">Step</th>
            {groups.length > 1 && <th scope="col">Value</th>}
            <th scope="col" className="number">{capital(counted(question))}</th>
            <th scope="col" className="number">Of first</th>
            <th scope="col" className="number">Of previous</th>
            <th scope="col" className="number pr-5">Median time</th>
          </tr>
        </thead>
        <tbody>
          {groups.flatMap((group, at) =>
            group.steps.map((step, index) => (
              <tr key={`${group.value} ${index}`}>
                <th scope="row" className="pl-5 font-normal">
                  {index + 1}. {step.event ?? 'Any event'}
                </th>
                {groups.length > 1 && <td>{group.value || '(none)'}</td>}
                <td className="number">
                  <Pickable
                    value={count(step.people)}
                    of={`${group.value || '(none)'} at step ${index + 1}`}
                    pick={
                      onPick &&
                      (() =>
                        onPick({
                          title: `Reached step ${index + 1}`,
                          pick: {
                            step: index + 1,
                            state: 'reached',
                            ...(at > 0 ? { breakdown: group.value } : {}),
                          },
                        }))
                    }
                  />
                </td>
                <td className="number">{share(step.of_first)}</td>
                <td className="number">{share(step.of_previous)}</td>
                <td className="number pr-5">
                  {step.median_seconds === null ? '–' : duration(step.median_seconds)}
                </td>
              </tr>
            )),
          )}
        </tbody>
      </table>
    </div>
  );
}
