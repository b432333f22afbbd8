// The conditions on one event: property, operator and value, taken over on leaving the field.

import { useQuery } from '@tanstack/react-query';
import { useId, useState } from 'react';
import * as ask from '../api/ask';
import type { Condition, ValuesAnswer } from '../api/wire';
import { Select } from '../parts/field';
import {
  conditionOf,
  draftOf,
  OPERATORS,
  type Draft,
  type Operator,
} from './conditions';
import { AddButton, IconButton, useColumns } from './fields';

const CONDITIONS_MAX = 8;

export function Where(props: {
  where: Condition[] | undefined;
  onChange: (where: Condition[] | undefined) => void;
  purpose: string;
  /** What is filtered, for those who hear the fields. */
  of: string;
}) {
  const list = props.where ?? [];
  const columns = useColumns();
  const set = (next: Condition[]) => props.onChange(next.length > 0 ? next : undefined);
  const first = columns[0]?.value;
  return (
    <>
      {list.map((condition, index) => (
        <Row
          key={`${index} ${condition.property}`}
          label={`${props.of}, condition ${index + 1}`}
          condition={condition}
          columns={columns}
          purpose={props.purpose}
          onChange={(next) => set(list.map((each, at) => (at === index ? next : each)))}
          onRemove={() => set(list.filter((_, at) => at !== index))}
        />
      ))}
      {list.length < CONDITIONS_MAX && first !== undefined && (
        <AddButton onClick={() => set([...list, { property: first } as Condition])}>
          {list.length === 0 ? 'Filter' : 'And'}
        </AddButton>
      )}
    </>
  );
}

function Row(props: {
  label: string;
  condition: Condition;
  columns: { value: string; label: string }[];
  purpose: string;
  onChange: (condition: Condition) => void;
  onRemove: () => void;
}) {
  const [draft, setDraft] = useState(() => draftOf(props.condition));
  const take = (next: Draft) => {
    setDraft(next);
    const made = conditionOf(next);
    if (made) props.onChange(made);
  };
  const needsText = draft.operator !== 'known' && draft.operator !== 'unknown';
  return (
    <form
      aria-label={props.label}
      className="flex min-w-0 flex-wrap items-center gap-1.5"
      onSubmit={(event) => {
        event.preventDefault();
        take(draft);
      }}
      onBlur={() => take(draft)}
    >
      <span className="text-sm text-soft">where</span>
      <Select
        label={`${props.label}: property`}
        hideLabel
        value={draft.property}
        options={props.columns}
        className="max-w-[11rem]"
        onChange={(property) => props.onChange({ property } as Condition)}
      />
      <Select
        label={`${props.label}: operator`}
        hideLabel
        value={draft.operator}
        options={OPERATORS}
        onChange={(operator) => take({ ...draft, operator: operator as Operator })}
      />
      {needsText && (
        <ValueInput
          label={`${props.label}: value`}
          draft={draft}
          purpose={props.purpose}
          onChange={(text) => setDraft({ ...draft, text })}
        />
      )}
      <IconButton name="close" label={`Remove ${props.label}`} onClick={props.onRemove} />
    </form>
  );
}

/** A text with the commonest values of the property to choose from. */
function ValueInput(props: {
  label: string;
  draft: Draft;
  purpose: string;
  onChange: (text: string) => void;
}) {
  const id = useId();
  const [near, setNear] = useState(false);
  const { property, operator, text } = props.draft;
  const isNumber = operator === 'above' || operator === 'below';
  const plan = { purpose: props.purpose, from: '-29d', to: 'now', property, limit: 30 };
  const values = useQuery(ask.insight<ValuesAnswer>('values', plan, near && !isNumber));
  return (
    <>
      <input
        className="field w-36"
        aria-label={props.label}
        type={isNumber ? 'number' : 'text'}
        step="any"
        value={text}
        list={`${id}-values`}
        placeholder={operator === 'contains' ? 'a part of it' : 'one, or another'}
        autoComplete="off"
        spellCheck={false}
        onFocus={() => setNear(true)}
        onChange={(change) => props.onChange(change.target.value)}
      />
      <datalist id={`${id}-values`}>
        {(values.data?.values ?? []).map((each) =>
          each.value === null ? null : <option key={each.value} value={each.value} />,
        )}
      </datalist>
    </>
  );
}
