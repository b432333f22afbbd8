// Fails the build when the first page, or any route beside it, grows past its budget. Takes away
// the manifest that it reads, and changes nothing else of what was built.
import { readFileSync, rmSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const LIMIT_ENTRY_BYTES = 150_000;
const LIMIT_ROUTE_BYTES = 120_000;
const dist = new URL('../dist/', import.meta.url);
const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', dist), 'utf8'));
const sizes = new Map();

function gzipBytes(file) {
  if (!sizes.has(file)) {
    sizes.set(file, gzipSync(readFileSync(new URL(file, dist)), { level: 9 }).length);
  }
  return sizes.get(file);
}

/** The files that a chunk needs before it can run. */
function filesOf(name, found = new Set()) {
  const chunk = manifest[name];
  if (found.has(chunk.file)) return found;
  found.add(chunk.file);
  for (const style of chunk.css ?? []) found.add(style);
  for (const other of chunk.imports ?? []) filesOf(other, found);
  return found;
}

const sum = (files) => [...files].reduce((all, file) => all + gzipBytes(file), 0);
const say = (bytes, what) => console.log(`${String(bytes).padStart(8)} B gz  ${what}`);

const names = Object.keys(manifest);
const entry = filesOf(names.find((name) => manifest[name].isEntry));
const routes = names
  .filter((name) => manifest[name].isDynamicEntry)
  .map((name) => ({ name, bytes: sum([...filesOf(name)].filter((file) => !entry.has(file))) }))
  .sort((a, b) => b.bytes - a.bytes);

for (const { name, bytes } of routes) say(bytes, name);
say(sum(entry), `entry, limit ${LIMIT_ENTRY_BYTES}; a route has ${LIMIT_ROUTE_BYTES} beside it`);
rmSync(new URL('.vite', dist), { recursive: true });
const heavy = routes.filter(({ bytes }) => bytes > LIMIT_ROUTE_BYTES);
if (sum(entry) > LIMIT_ENTRY_BYTES || heavy.length > 0) {
  console.error('the console is over its size budget: load the heavy part lazily, or drop it');
  process.exit(1);
}
