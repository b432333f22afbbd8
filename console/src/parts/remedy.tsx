// A remedy as the server words it, with what stands in backticks set as code.

import { sentence } from './format';

export function Remedy({ text }: { text: string }) {
  return (
    <p className="mt-1 text-sm break-words">
      {sentence(text)
        .split('`')
        .map((part, index) =>
          index % 2 === 1 ? (
            <code key={index} className="font-mono text-[0.8125rem]">
              {part}
            </code>
          ) : (
            part
          ),
        )}
    </p>
  );
}
