// The browser that the tests drive: Debian's Chromium, quiet, its complaints collected.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { at } from './pages.mjs';

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Starts the browser. `violations` collects what the page's own policy blocked. */
export async function open(options = {}) {
  const profile = mkdtempSync(join(tmpdir(), 'candor-browser-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
    args: FLAGS,
    reducedMotion: 'reduce',
    // A zone that is not the server's, as most people have.
    timezoneId: 'Europe/Berlin',
    viewport: { width: 1280, height: 900 },
    acceptDownloads: true,
    ...options,
  });
  const violations = [];
  const failures = [];
  const foreign = [];
  context.on('page', (page) => watch(page, { violations, failures, foreign }));
  for (const page of context.pages()) watch(page, { violations, failures, foreign });
  return { context, violations, failures, foreign };
}

function watch(page, { violations, failures, foreign }) {
  page.on('console', (message) => {
    if (/Content Security Policy/i.test(message.text())) violations.push(message.text());
  });
  page.on('pageerror', (error) => failures.push(`${page.url()}: ${error.message}`));
  page.on('request', (request) => {
    const url = new URL(request.url());
    const isOurs = url.host === new URL(at('')).host;
    if (/^https?:$/.test(url.protocol) && !isOurs) foreign.push(request.url());
  });
}
