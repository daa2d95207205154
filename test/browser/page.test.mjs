// The page as a person sees it, in a real browser, on the server at TESSERA_URL, which holds a slide of several levels.
// Screenshots are left in TESSERA_SCREENSHOTS, where that is set.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';
import { PNG } from 'pngjs';

const url = process.env.TESSERA_URL;
const shots = process.env.TESSERA_SCREENSHOTS;
const FLAGS = ['--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];
let browser;

before(async () => {
  assert.ok(url, 'TESSERA_URL names no server');
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS });
});
after(() => browser?.close());

// A page that notes whatever must not happen: console errors, failures, requests to other hosts.
async function open(options = {}) {
  const context = await browser.newContext({ viewport: { width: 1200, height: 800 }, ...options });
  const page = await context.newPage();
  const faults = [];
  const frames = [];
  page.on('console', (message) => message.type() === 'error' && faults.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
  page.on('request', (request) => {
    if (!request.url().startsWith(url) && !/^(data|blob):/.test(request.url())) {
      faults.push(`another host: ${request.url()}`);
    }
    const frame = /instances\/([\d.]+)\/frames\/\d+/.exec(request.url());
    if (frame) {
      frames.push(frame[1]);
    }
  });
  return { page, faults, frames, close: () => context.close() };
}

// The share of pixels that are pink or purple, as stained tissue is and neither glass nor page are.
function tissueShare(bytes) {
  const { data } = PNG.sync.read(bytes);
  let tissue = 0;
  for (let at = 0; at < data.length; at += 4) {
    const [red, green, blue] = [data[at], data[at + 1], data[at + 2]];
    tissue += red > green + 20 && blue > green + 10 && red > 60 ? 1 : 0;
  }
  return tissue / (data.length / 4);
}

async function screenshot(page, name, options = {}) {
  return page.screenshot({ ...options, path: shots ? path.join(shots, `${name}.png`) : undefined });
}

// The slide with the most levels, from this server's own search.
async function slide(page) {
  await page.goto(url);
  await page.waitForSelector('a.card.drawn');
  return page.evaluate(async () => {
    const rows = await (await fetch('/dicom-web/series?Modality=SM', { headers: { Accept: 'application/dicom+json' } })).json();
    const levels = (row) => row['00201209']?.Value?.[0] ?? 0;
    const row = rows.sort((a, b) => levels(b) - levels(a))[0];
    return { hash: `#/slide/${row['0020000D'].Value[0]}/${row['0020000E'].Value[0]}`, levels: levels(row) };
  });
}

async function settled(page) {
  await page.waitForFunction(() => window.tesseraViewer?.world.getItemCount() > 0 &&
    window.tesseraViewer.world.getItemAt(0).getFullyLoaded(), null, { timeout: 20000 });
  await page.waitForTimeout(900); // the spring's way to its end, and the tiles' fading in
}

test('the list shows a card with a picture of tissue', async () => {
  const { page, faults, close } = await open();
  await page.goto(url);
  const card = await page.waitForSelector('a.card.drawn');
  await page.waitForTimeout(600);
  const share = tissueShare(await (await card.$('canvas')).screenshot());
  await screenshot(page, 'list');
  assert.ok(share > 0.08, `only ${(share * 100).toFixed(1)} % of the thumbnail is tissue-coloured`);
  assert.deepEqual(faults, []);
  await close();
});

test('a slide shows tissue at two zoom levels, the deeper one from a finer level', async () => {
  const { page, faults, frames, close } = await open({ viewport: { width: 800, height: 500 } });
  const { hash, levels } = await slide(page);
  assert.ok(levels > 1, 'the server holds no slide of several levels');
  frames.length = 0;
  await page.goto(`${url}/${hash}`);
  await settled(page);
  const stage = await page.$('#stage');
  const wide = tissueShare(await stage.screenshot());
  await screenshot(page, 'slide-whole');
  const coarse = new Set(frames);
  frames.length = 0;
  await page.evaluate(() => window.tesseraViewer.viewport.zoomBy(8, window.tesseraViewer.viewport.getCenter(), true));
  await settled(page);
  const deep = tissueShare(await stage.screenshot());
  await screenshot(page, 'slide-deep');
  assert.ok(wide > 0.05, `whole slide: ${(wide * 100).toFixed(1)} % tissue`);
  assert.ok(deep > 0.2, `zoomed in: ${(deep * 100).toFixed(1)} % tissue`);
  assert.ok(frames.some((sop) => !coarse.has(sop)), 'no finer level was asked for when zooming in');
  assert.deepEqual(faults, []);
  await close();
});

test('a dense screen asks for a finer level of the same view', async () => {
  const asked = [];
  for (const deviceScaleFactor of [1, 3]) {
    const { page, frames, close } = await open({ viewport: { width: 700, height: 420 }, deviceScaleFactor });
    const { hash } = await slide(page);
    await page.goto(`${url}/${hash}`);
    await settled(page);
    const sizes = await page.evaluate(() => {
      const source = window.tesseraViewer.world.getItemAt(0).source;
      return Array.from({ length: source.maxLevel + 1 }, (_, level) => source.getTileUrl(level, 0, 0).split('/')[0]);
    });
    asked.push(Math.max(...frames.map((sop) => sizes.indexOf(sop))));
    await close();
  }
  assert.ok(asked[1] > asked[0], `level ${asked[0]} at one pixel per pixel, ${asked[1]} at three`);
});

test('a narrow screen shows picture and facts without sideways scrolling', async () => {
  const { page, faults, close } = await open({ viewport: { width: 390, height: 780 } });
  const { hash } = await slide(page);
  await page.goto(`${url}/${hash}`);
  await settled(page);
  await screenshot(page, 'slide-narrow');
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  assert.ok(overflow <= 0, `${overflow} pixels too wide`);
  assert.deepEqual(faults, []);
  await close();
});

test('a slide that does not exist is said in words', async () => {
  const { page, close } = await open();
  await page.goto(`${url}/#/slide/1.2.3/4.5.6`);
  const text = await (await page.waitForSelector('.notice >> text=not stored here')).textContent();
  assert.match(text, /1\.2\.3/);
  await close();
});
