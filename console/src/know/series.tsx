// The series of a trend: what happened, how it is measured, and under which conditions.

import { Select, Text, type Option } from '../parts/field';
import { AddButton, EventField, IconButton, PropertyField } from './fields';
import { letter, MEASURES, needsProperty, type Series } from './measure';
import { Where } from './where';

const SERIES_MAX = 5;

export function SeriesFields(props: {
  series: Series[];
  events: readonly Option[];
  purpose: string;
  onChange: (series: Series[]) => void;
}) {
  const { series, events, onChange } = props;
  const many = series.length > 1;
  return (
    <fieldset className="min-w-0">
      <legend className="sr-only">What is counted</legend>
      <ol className="flex flex-col gap-2.5">
        {series.map((each, index) => (
          <li key={index} className="flex min-w-0 flex-wrap items-center gap-1.5">
            <span
              aria-hidden="true"
              className="grid size-6 shrink-0 place-items-center rounded-full bg-accent-soft
                text-xs font-semibold text-accent-text"
            >
              {letter(index)}
            </span>
            <One
              {...props}
              own={each}
              label={many ? `Event ${index + 1}` : 'Event'}
              set={(next) => onChange(series.map((old, at) => (at === index ? next : old)))}
            />
            {many && (
              <IconButton name="close" label={`Remove event ${index + 1}`}
                onClick={() => onChange(series.filter((_, at) => at !== index))} />
            )}
          </li>
        ))}
      </ol>
      {series.length < SERIES_MAX && (
        <div className="mt-2.5">
          <AddButton
            onClick={() =>
              onChange([
                ...series,
                {
                  event: events[series.length]?.value ?? null,
                  count: series[0]?.count ?? 'events',
                },
              ])
            }
          >
            Compare
          </AddButton>
        </div>
      )}
    </fieldset>
  );
}

function One(props: {
  own: Series;
  label: string;
  events: readonly Option[];
  purpose: string;
  set: (series: Series) => void;
}) {
  const { own, label, set } = props;
  const measure = (count: Series['count']) => {
    const { of: _of, at: _at, ...rest } = own;
    if (!needsProperty(count)) return set({ ...rest, count });
    const of = own.of ?? undefined;
    set({ ...rest, count, ...(of ? { of } : {}), ...(count === 'percentile' ? { at: 90 } : {}) });
  };
  return (
    <>
      <EventField label={label} hideLabel any="All events" value={own.event} events={props.events}
        onChange={(event) => set({ ...own, event })} />
      <Select
        label={`${label}: count`}
        hideLabel
        value={own.count}
        options={MEASURES}
        onChange={(count) => measure(count as Series['count'])}
      />
      {own.count === 'percentile' && (
        <Text label={`${label}: percentile`} hideLabel type="number" min={1} className="w-20"
          value={String(own.at ?? 90)}
          onChange={(at) => set({ ...own, at: Math.min(99, Math.max(1, Number(at) || 90)) })} />
      )}
      {needsProperty(own.count) && (
        <PropertyField label={`${label}: property`} hideLabel none="which property" value={own.of}
          onChange={(of) => set({ ...own, of: of ?? '' })} />
      )}
      <Where where={own.where} of={label} purpose={props.purpose}
        onChange={(where) => set({ ...own, where } as Series)} />
    </>
  );
}
