// Fails the build when the first page grows past its budget. Never changes what was built.
import { readFileSync, readdirSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const LIMIT_ENTRY_BYTES = 150_000;
const LIMIT_CHUNK_BYTES = 120_000;
const dist = new URL('../dist/', import.meta.url);
const html = readFileSync(new URL('index.html', dist), 'utf8');
const gzipBytes = (name) => gzipSync(readFileSync(new URL(name, dist)), { level: 9 }).length;

const NAMED = /(?:src|href)="\.\/(assets\/[^"]+\.(?:js|css))"/g;
const first = [...html.matchAll(NAMED)].map((found) => found[1]);
const entry = first.reduce((sum, name) => sum + gzipBytes(name), 0);
let failed = entry > LIMIT_ENTRY_BYTES || first.length === 0;
for (const name of readdirSync(new URL('assets/', dist)).sort()) {
  if (!/\.(js|css)$/.test(name)) continue;
  const bytes = gzipBytes(`assets/${name}`);
  const isFirst = first.includes(`assets/${name}`);
  if (!isFirst && bytes > LIMIT_CHUNK_BYTES) failed = true;
  console.log(`${String(bytes).padStart(8)} B gz  ${name}${isFirst ? '  (entry)' : ''}`);
}
console.log(`${String(entry).padStart(8)} B gz  entry, limit ${LIMIT_ENTRY_BYTES}`);
if (failed) {
  console.error('the console is over its size budget: load the heavy part lazily, or drop it');
  process.exit(1);
}
