// A number that opens the people behind it, where it may.

export function Pickable(props: {
  value: string;
  of: string;
  pick: (() => void) | undefined;
  className?: string;
}) {
  if (!props.pick || props.value === '–') return props.value;
  return (
    <button
      type="button"
      className={`pickable ${props.className ?? ''}`}
      aria-label={`${props.value}, ${props.of}: who`}
      onClick={props.pick}
    >
      {props.value}
    </button>
  );
}
