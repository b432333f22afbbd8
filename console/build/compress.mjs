// Writes .br and .gz beside every text file of dist: the server never compresses at run time.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const dist = new URL('../dist/', import.meta.url);
const names = readdirSync(dist, { recursive: true }).filter((n) => /\.(js|css|svg|json)$/.test(n));
for (const name of names) {
  const body = readFileSync(new URL(name, dist));
  const brotli = brotliCompressSync(body, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 11,
      [constants.BROTLI_PARAM_SIZE_HINT]: body.length,
    },
  });
  // A copy that saves nothing would only make the binary larger.
  if (brotli.length < body.length) writeFileSync(new URL(`${name}.br`, dist), brotli);
  const gzip = gzipSync(body, { level: 9 });
  if (gzip.length < body.length) writeFileSync(new URL(`${name}.gz`, dist), gzip);
}
console.log(`compressed ${names.length} files`);
