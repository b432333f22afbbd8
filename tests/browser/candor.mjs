// The real program, started on a fresh directory, and ended with everything it wrote.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const START_MS = 60_000;
const STOP_MS = 15_000;

// Two sources at which everything rests on consent.
const CONFIG = ['web:site', 'backend:server']
  .map((each) => each.split(':'))
  .map(([name, kind]) => `[sources.${name}]\nkind = "${kind}"\naudience = "general"\n`)
  .map((section) => `${section}markets = ["EU"]\nis_test = true\n`)
  .join('\n');

/** Starts `binary`; answers with its console, its link, its data's folder, and how to end it. */
export async function start(binary, { basePath } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'candor-console-'));
  writeFileSync(join(folder, 'candor.toml'), CONFIG);
  const inside = (name) => join(folder, name);
  const flags = ['--data', inside('data'), '--root-key', inside('root.key')];
  flags.push('--config', inside('candor.toml'), '--listen', '127.0.0.1:0', '--json');
  if (basePath) flags.push('--base-path', basePath);
  const child = spawn(binary, ['serve', ...flags], { stdio: ['ignore', 'pipe', 'inherit'] });
  let isWanted = true;
  const ended = new Promise((done) =>
    child.once('exit', (code, signal) => {
      // Whoever reads a page of refused connections should know why.
      if (isWanted) console.log(`candor ended by itself: code ${code}, signal ${signal}`);
      done(code);
    }),
  );
  const stop = async () => {
    isWanted = false;
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await ended;
    clearTimeout(timer);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const { console: url, link } = await greeting(child, ended);
    return { url, link, stop, data: inside('data') };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The first line of what it prints that is an object with the console's address. */
function greeting(child, ended) {
  return new Promise((done, fail) => {
    const timer = setTimeout(() => fail(new Error('it does not say where it is')), START_MS);
    ended.then((code) => fail(new Error(`it ended with ${code}`)));
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (!line.startsWith('{')) return;
      const said = JSON.parse(line);
      if (!said.console) return;
      clearTimeout(timer);
      done(said);
    });
  });
}
