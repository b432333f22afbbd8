// A shop's page of an origin of its own, in Debian's Chromium.

import { mkdtemp, rm } from "node:fs/promises"
import { createServer } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { chromium } from "playwright-core"

const DELIVERY_MAX_MS = 60_000

const OPTIONS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
]

/**
 * Opens a page of this HTML and hands it to `visit`, with its address. The page finds the client at
 * `/client.js`.
 */
export async function visiting(html, script, visit) {
  const shop = createServer((request, response) => {
    const isScript = request.url === "/client.js"
    response.setHeader("Content-Type", isScript ? "text/javascript" : "text/html")
    response.end(isScript ? script : html)
  })
  await new Promise((ready) => shop.listen(0, "127.0.0.1", ready))
  const profile = await mkdtemp(join(tmpdir(), "candor-browser-"))
  const browser = await chromium.launchPersistentContext(profile, {
    executablePath: "/usr/bin/chromium",
    headless: true,
    args: OPTIONS,
  })
  try {
    const page = await browser.newPage()
    page.on("console", (message) => console.error(`page: ${message.text()}`))
    page.on("pageerror", (error) => console.error(`page: ${error}`))
    await visit(page, `http://127.0.0.1:${shop.address().port}/`)
  } finally {
    await browser.close()
    shop.close()
    await rm(profile, { recursive: true, force: true })
  }
}

/** Looks again until every event was delivered; an error when that never comes. */
export async function delivered(holds) {
  const end = performance.now() + DELIVERY_MAX_MS
  while (!holds()) {
    if (performance.now() > end) throw new Error("not every event was delivered in time")
    await new Promise((next) => setTimeout(next, 20))
  }
}
