// A button that opens a short list of actions. Arrow keys walk it, Esc closes and gives focus back.

import { useEffect, useId, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';
import { Icon, type IconName } from './icons';

export interface Action {
  label: string;
  hint?: string;
  icon?: IconName;
  disabled?: boolean;
  grave?: boolean;
  run: () => void;
}

export function Menu(props: {
  label: string;
  /** Shown instead of the label, which is then only heard. */
  icon?: IconName;
  actions: readonly Action[];
  className?: string;
  children?: ReactNode;
}) {
  const id = useId();
  const [open, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const items = () => [...(box.current?.querySelectorAll<HTMLElement>('[data-action]') ?? [])];
  useEffect(() => {
    if (open) items().find((each) => !each.hasAttribute('disabled'))?.focus();
  }, [open]);
  const onKeyDown = (press: KeyboardEvent) => {
    if (!open) return;
    const list = items().filter((each) => !each.hasAttribute('disabled'));
    const from = list.indexOf(document.activeElement as HTMLElement);
    const last = list.length - 1;
    const next = { ArrowDown: from + 1, ArrowUp: from - 1, Home: 0, End: last }[press.key];
    if (press.key === 'Escape') {
      press.preventDefault();
      press.stopPropagation();
      setOpen(false);
      button.current?.focus();
    } else if (next !== undefined) {
      press.preventDefault();
      list[(next + list.length) % list.length]?.focus();
    }
  };
  return (
    <div
      ref={box}
      className={`relative ${props.className ?? ''}`}
      onKeyDown={onKeyDown}
      onBlur={(blur) => {
        if (!box.current?.contains(blur.relatedTarget)) setOpen(false);
      }}
    >
      <button
        ref={button}
        type="button"
        className={props.icon ? 'press press-quiet min-h-8 px-2' : 'press'}
        aria-expanded={open}
        aria-controls={`${id}-list`}
        aria-label={props.icon ? props.label : undefined}
        title={props.icon ? props.label : undefined}
        onClick={() => setOpen(!open)}
      >
        {props.icon ? <Icon name={props.icon} /> : props.label}
        {!props.icon && (
          <span className="rotate-90">
            <Icon name="chevron" size={11} />
          </span>
        )}
      </button>
      {open && (
        <ul
          id={`${id}-list`}
          className="absolute right-0 z-20 mt-1 min-w-52 rounded-lg border border-line bg-raised
            p-1 shadow-high"
        >
          {props.actions.map((action) => (
            <li key={action.label}>
              <button
                type="button"
                data-action
                disabled={action.disabled}
                className={`flex min-h-9 w-full items-center gap-2.5 rounded-md px-2.5 text-left
                  text-sm whitespace-nowrap hover:bg-sunken disabled:opacity-50
                  ${action.grave ? 'text-bad' : ''}`}
                onClick={() => {
                  setOpen(false);
                  button.current?.focus();
                  action.run();
                }}
              >
                {action.icon && <Icon name={action.icon} size={14} />}
                <span className="flex-1">{action.label}</span>
                {action.hint && <span className="text-xs text-soft">{action.hint}</span>}
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
