// A runner in thirty lines: cases in order, each with its time; the last line sums up.

const results = { passed: 0, failed: 0 };

/** Runs one case and says whether it passed; a failure is printed, and the next case goes on. */
export async function check(name, body) {
  const start = performance.now();
  try {
    await body();
    results.passed += 1;
    console.log(`ok    ${name} (${Math.round(performance.now() - start)} ms)`);
    return true;
  } catch (error) {
    results.failed += 1;
    console.log(`FAIL  ${name}`);
    console.log(String(error?.stack ?? error).replace(/^/gm, '      '));
    return false;
  }
}

/** Prints the closing line and leaves with its exit code. */
export function finish() {
  console.log(`${results.passed} passed, ${results.failed} failed`);
  process.exit(results.failed === 0 && results.passed > 0 ? 0 : 1);
}

/** Asks until the answer is true, for a bounded time. */
export async function eventually(what, ask, limitMs = 5_000) {
  const end = performance.now() + limitMs;
  let last;
  while (performance.now() < end) {
    last = await ask();
    if (last) return last;
    await new Promise((next) => setTimeout(next, 50));
  }
  throw new Error(`not within ${limitMs} ms: ${what} (last: ${JSON.stringify(last)})`);
}
