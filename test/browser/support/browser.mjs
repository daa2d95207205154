// Chromium on the server at TESSERA_URL, and what its pages must never do. Screenshots go to TESSERA_TEST_SCREENSHOTS, where
// that is set.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before } from 'node:test';
import { chromium } from 'playwright-core';
import { PNG } from 'pngjs';

export const url = process.env.TESSERA_URL;
const shots = process.env.TESSERA_TEST_SCREENSHOTS;
const FLAGS = ['--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];
let launched;

// Once for each file of tests; a test's own hooks may open pages while it is under way.
function launch() {
  launched ??= chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS });
  return launched;
}
before(launch);
after(async () => (await launched)?.close());

// A page that notes whatever must not happen: console errors, failures, requests to other hosts than its home (or several).
export async function open(options = {}, home = url) {
  assert.ok(home, 'TESSERA_URL names no server');
  const context = await (await launch()).newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  const faults = [];
  const requests = [];
  page.on('console', (message) => message.type() === 'error' && faults.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
  page.on('request', (request) => {
    requests.push(`${request.method()} ${request.url()}`);
    if (![home].flat().some((one) => request.url().startsWith(one)) && !/^(data|blob):/.test(request.url())) {
      faults.push(`another host: ${request.url()}`);
    }
  });
  return { page, faults, requests, close: () => context.close() };
}

export async function screenshot(target, name, options = {}) {
  return target.screenshot({ ...options, path: shots ? path.join(shots, `${name}.png`) : undefined });
}

// The picture is complete and still.
export async function settled(page) {
  await page.waitForFunction(() => window.tesseraViewer?.world.getItemCount() > 0 &&
    window.tesseraViewer.world.getItemAt(0).getFullyLoaded(), null, { timeout: 20000 });
  await page.waitForTimeout(900); // the spring's way to its end, and the tiles' fading in
}

// The share of a picture's pixels for which accept(red, green, blue) holds.
export function shareOf(bytes, accept) {
  const { data } = PNG.sync.read(bytes);
  let accepted = 0;
  for (let at = 0; at < data.length; at += 4) {
    accepted += accept(data[at], data[at + 1], data[at + 2]) ? 1 : 0;
  }
  return accepted / (data.length / 4);
}

// Pink or purple, as stained tissue is and neither glass nor page are.
export function isTissue(red, green, blue) {
  return red > green + 20 && blue > green + 10 && red > 60;
}

export function near(wanted, slack = 30) {
  return (...colour) => colour.every((value, at) => Math.abs(value - wanted[at]) <= slack);
}

export async function overflow(page) {
  return page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
}
