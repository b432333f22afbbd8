// An answer as a file: its table from the server, its picture drawn here.

import type { RefObject } from 'react';
import { send } from '../api/request';
import { Menu } from '../parts/menu';
import { saveBlob } from '../parts/save';

const FILES = [
  { label: 'CSV', type: 'text/csv', ending: 'csv' },
  { label: 'Parquet', type: 'application/vnd.apache.parquet', ending: 'parquet' },
] as const;

/** Saves the answer's table; `path` is where the question is asked. */
export async function saveTable(
  path: string,
  plan: object,
  file: { type: string; ending: string },
  name: string,
): Promise<void> {
  const answer = await send('POST', path, plan, { headers: { accept: file.type } });
  saveBlob(await answer.blob(), `${name}.${file.ending}`);
}

/** Saves the answer's picture, once the server has said yes and written it into the read log. */
async function saveFigure(figure: HTMLElement, purpose: string, kind: string): Promise<void> {
  await send('POST', 'api/export/picture', { purpose, kind });
  const { savePicture } = await import('../parts/picture');
  await savePicture(figure, `${kind}.png`);
}

export function ExportMenu(props: {
  path: string;
  plan: { purpose: string };
  name: string;
  figure?: RefObject<HTMLElement | null>;
  onError: (error: unknown) => void;
}) {
  const { figure, name, plan } = props;
  const run = (work: () => Promise<void>) => {
    props.onError(null);
    work().catch(props.onError);
  };
  return (
    <Menu
      label="Export"
      actions={[
        ...FILES.map((file) => ({
          label: file.label,
          hint: 'the table',
          run: () => run(() => saveTable(props.path, plan, file, name)),
        })),
        ...(figure
          ? [
              {
                label: 'PNG',
                hint: 'the picture',
                run: () =>
                  run(async () => {
                    if (figure.current) await saveFigure(figure.current, plan.purpose, name);
                  }),
              },
            ]
          : []),
      ]}
    />
  );
}
