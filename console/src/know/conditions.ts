// Conditions as they are edited: one operator each, and a text until it is whole. Pure functions.

import type { Condition } from '../api/wire';

export const OPERATORS = [
  { value: 'is', label: 'is' },
  { value: 'is_not', label: 'is not' },
  { value: 'contains', label: 'contains' },
  { value: 'above', label: 'is above' },
  { value: 'below', label: 'is below' },
  { value: 'known', label: 'is set' },
  { value: 'unknown', label: 'is not set' },
] as const;
export type Operator = (typeof OPERATORS)[number]['value'];

export interface Draft {
  property: string;
  operator: Operator;
  text: string;
}

// What stands for the absence of a value, here as in answers.
const NONE = '(none)';
const listed = (values: readonly (string | null)[]) =>
  values.map((each) => each ?? NONE).join(', ');

export function draftOf(condition: Condition): Draft {
  const { property } = condition;
  if ('is' in condition) return { property, operator: 'is', text: listed(condition.is) };
  if ('is_not' in condition) {
    return { property, operator: 'is_not', text: listed(condition.is_not) };
  }
  if ('contains' in condition) return { property, operator: 'contains', text: condition.contains };
  if ('above' in condition) return { property, operator: 'above', text: String(condition.above) };
  if ('below' in condition) return { property, operator: 'below', text: String(condition.below) };
  if ('set' in condition) {
    return { property, operator: condition.set ? 'known' : 'unknown', text: '' };
  }
  return { property, operator: 'is', text: '' };
}

/** The condition of a draft; nothing of it is asked before it is whole. */
export function conditionOf({ property, operator, text }: Draft): Condition | undefined {
  const list = text
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '')
    .map((each) => (each === NONE ? null : each));
  const number = Number(text);
  const isNumber = text.trim() !== '' && Number.isFinite(number);
  if (property === '') return undefined;
  if (operator === 'known' || operator === 'unknown') {
    return { property, set: operator === 'known' };
  }
  if (operator === 'is') return list.length > 0 ? { property, is: list } : undefined;
  if (operator === 'is_not') return list.length > 0 ? { property, is_not: list } : undefined;
  if (operator === 'contains') return text === '' ? undefined : { property, contains: text };
  if (operator === 'above') return isNumber ? { property, above: number } : undefined;
  return isNumber ? { property, below: number } : undefined;
}

export const inWords = (condition: Condition): string => {
  const { property, operator, text } = draftOf(condition);
  const word = OPERATORS.find((each) => each.value === operator)?.label ?? operator;
  return `${property} ${word} ${text.replaceAll(', ', ' or ')}`.trim();
};

/** The tree without conditions that are only begun, and without empty lists of them. */
export function whole(tree: unknown): unknown {
  if (Array.isArray(tree)) return tree.map(whole);
  if (tree === null || typeof tree !== 'object') return tree;
  const out: { [name: string]: unknown } = {};
  for (const [name, value] of Object.entries(tree)) {
    if (name === 'where' && Array.isArray(value)) {
      const said = (value as Condition[]).filter((each) => conditionOf(draftOf(each)));
      if (said.length > 0) out[name] = said;
    } else if (value !== undefined && value !== '') {
      out[name] = whole(value);
    }
  }
  return out;
}
