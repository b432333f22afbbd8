// A modal on the browser's own <dialog>: focus stays inside, Esc closes, focus returns.

import { useEffect, useRef, type ReactNode } from 'react';
import { Icon } from './icons';

const MIDDLE = 'm-auto max-h-[85dvh] w-[min(34rem,calc(100vw-2rem))] rounded-xl';
const ASIDE = 'mr-0 ml-auto my-0 h-dvh max-h-none w-[min(30rem,100vw)] max-w-full';

/** Keeps the page as wide as it is while a dialog takes the room of its scroll bar. */
function holdWidth() {
  const { style, clientWidth } = document.documentElement;
  if (document.querySelector('dialog[open]')) return;
  style.setProperty('--scroll-bar', `${window.innerWidth - clientWidth}px`);
}

export function Dialog(props: {
  title: string;
  open: boolean;
  onClose: () => void;
  children: ReactNode;
  bare?: boolean;
  /** Along the right edge, over the whole height. */
  aside?: boolean;
  className?: string;
}) {
  const box = useRef<HTMLDialogElement>(null);
  const { open, onClose } = props;
  useEffect(() => {
    const dialog = box.current;
    if (!dialog) return;
    if (open && !dialog.open) {
      holdWidth();
      dialog.showModal();
    }
    if (!open && dialog.open) dialog.close();
  }, [open]);
  return (
    <dialog
      ref={box}
      aria-label={props.title}
      onKeyDown={(press) => {
        if (press.key !== 'Escape') return;
        press.preventDefault();
        onClose();
      }}
      onCancel={(cancel) => {
        cancel.preventDefault();
        onClose();
      }}
      onClose={() => {
        // The event comes late; by then the dialog may have been opened again.
        if (!box.current?.open) onClose();
      }}
      onClick={(click) => {
        if (click.target === box.current) onClose();
      }}
      className={`overflow-hidden border border-line bg-raised p-0 text-ink shadow-high
        ${props.aside ? ASIDE : MIDDLE} ${props.className ?? ''}`}
    >
      {open && (
        <div className={`flex flex-col ${props.aside ? 'h-dvh' : 'max-h-[85dvh]'}`}>
          {!props.bare && (
            <div className="flex items-center justify-between px-5 pt-4 pb-2">
              <h2 className="text-base font-semibold">{props.title}</h2>
              <button
                type="button"
                className="press press-quiet -mr-2 min-h-8 px-2"
                aria-label="Close"
                onClick={onClose}
              >
                <Icon name="close" />
              </button>
            </div>
          )}
          {props.children}
        </div>
      )}
    </dialog>
  );
}
