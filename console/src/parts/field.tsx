// Labelled inputs, segmented choices, copyable code. Labels are always visible.

import { useId, useState, type ReactNode } from 'react';
import { Icon } from './icons';

export interface Option {
  value: string;
  label: string;
}

export function Select(props: {
  label: string;
  value: string;
  options: readonly Option[];
  onChange: (value: string) => void;
  hideLabel?: boolean;
  className?: string;
}) {
  const id = useId();
  // A value from the address bar may not be in the list; showing another one would be a lie.
  const known = props.options.some((each) => each.value === props.value);
  return (
    <div className={`flex min-w-0 flex-col gap-1 ${props.className ?? ''}`}>
      <label htmlFor={id} className={props.hideLabel ? 'sr-only' : 'eyebrow'}>
        {props.label}
      </label>
      <select
        id={id}
        className="field"
        value={props.value}
        onChange={(change) => props.onChange(change.target.value)}
      >
        {!known && <option value={props.value}>{props.value || '–'}</option>}
        {props.options.map((each) => (
          <option key={each.value} value={each.value}>
            {each.label}
          </option>
        ))}
      </select>
    </div>
  );
}

export function Text(props: {
  label: string;
  value: string;
  onChange: (value: string) => void;
  type?: 'text' | 'password' | 'date' | 'number' | 'search';
  placeholder?: string;
  hint?: ReactNode;
  hideLabel?: boolean;
  autoComplete?: string;
  min?: number;
  className?: string;
  required?: boolean;
}) {
  const id = useId();
  return (
    <div className={`flex min-w-0 flex-col gap-1 ${props.className ?? ''}`}>
      <label htmlFor={id} className={props.hideLabel ? 'sr-only' : 'eyebrow'}>
        {props.label}
      </label>
      <input
        id={id}
        className="field"
        type={props.type ?? 'text'}
        value={props.value}
        min={props.min}
        required={props.required}
        placeholder={props.placeholder}
        autoComplete={props.autoComplete ?? 'off'}
        spellCheck={false}
        aria-describedby={props.hint ? `${id}-hint` : undefined}
        onChange={(change) => props.onChange(change.target.value)}
      />
      {props.hint && (
        <p id={`${id}-hint`} className="text-xs text-soft">
          {props.hint}
        </p>
      )}
    </div>
  );
}

/** A small set of exclusive choices, as radio buttons that look like one control. */
export function Choice<T extends string>(props: {
  label: string;
  value: T;
  options: readonly { value: T; label: string }[];
  onChange: (value: T) => void;
  hideLabel?: boolean;
}) {
  const name = useId();
  return (
    <div
      role="radiogroup"
      aria-labelledby={`${name}-label`}
      className="flex min-w-0 flex-col gap-1"
    >
      <span id={`${name}-label`} className={props.hideLabel ? 'sr-only' : 'eyebrow'}>
        {props.label}
      </span>
      <div className="flex h-9 w-fit max-w-full items-center overflow-x-auto rounded-lg border
        border-line bg-sunken p-0.5">
        {props.options.map((each) => (
          <label
            key={each.value}
            className="flex h-full cursor-pointer items-center rounded-md px-2.5 text-sm
            text-soft
              hover:text-ink has-checked:bg-raised has-checked:font-semibold has-checked:text-ink
              has-checked:shadow-low has-focus-visible:outline-2 has-focus-visible:outline-accent"
          >
            <input
              type="radio"
              className="sr-only"
              name={name}
              checked={each.value === props.value}
              onChange={() => props.onChange(each.value)}
            />
            {each.label}
          </label>
        ))}
      </div>
    </div>
  );
}

export function CopyButton({ text, label = 'Copy' }: { text: string; label?: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      copyBySelection(text);
    }
    setCopied(true);
    setTimeout(() => setCopied(false), 1600);
  };
  return (
    <button type="button" className="press press-quiet min-h-7 px-2 text-xs" onClick={copy}>
      <Icon name={copied ? 'check' : 'copy'} size={13} />
      <span aria-live="polite">{copied ? 'Copied' : label}</span>
    </button>
  );
}

// The clipboard of a page served over plain HTTP is closed to scripts; a selection is not.
function copyBySelection(text: string) {
  const area = document.createElement('textarea');
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand('copy');
  area.remove();
}

/** Code to copy. `mark` names the lines that matter, counted from zero. */
export function Code(props: { code: string; label: string; mark?: readonly number[] }) {
  const lines = props.code.trimEnd().split('\n');
  return (
    <div className="overflow-hidden rounded-lg border border-line bg-sunken">
      <div className="flex items-center justify-between gap-3 pt-1.5 pr-1.5 pl-4">
        <span className="eyebrow">{props.label}</span>
        <CopyButton text={props.code} />
      </div>
      <pre
        tabIndex={0}
        role="region"
        aria-label={props.label}
        className="overflow-x-auto pt-1 pb-3 font-mono text-[0.78rem] leading-6"
      >
        <code className="block w-max min-w-full pr-4">
          {lines.map((line, index) => (
            <span
              // The lines of a snippet never move.
              key={index}
              className={`block border-l-2 px-3.5 ${
                props.mark?.includes(index)
                  ? 'border-accent bg-accent-soft'
                  : 'border-transparent'
              }`}
            >
              {line || ' '}
            </span>
          ))}
        </code>
      </pre>
    </div>
  );
}
