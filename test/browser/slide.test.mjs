// One slide: true sizes, magnifications, what lies beside the tissue, and slides of unusual making.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { near, open, overflow, screenshot, settled, shareOf, url } from './support/browser.mjs';
import { image, jpegOf, plain, store, storeSmall, uid } from './support/dicom.mjs';

const RED = [200, 40, 40];
const GREEN = [40, 160, 60];
const BLUE = [50, 70, 200];

// A slide of 0.25 µm a pixel, 4096 × 4096 in one colour, with an uncompressed label and a JPEG overview.
async function storeWithLabel(page) {
  const [study, series] = [uid(), uid()];
  const tile = await jpegOf(page, 1024, 1024, [200, 120, 180]);
  await store(url, image({ study, series, width: 4096, height: 4096, tile: [1024, 1024], jpeg: true, frames: Array(16).fill(tile) }));
  await store(url, image({ study, series, kind: 'LABEL', width: 120, height: 80, frames: [plain(120, 80, GREEN)] }));
  const overview = await jpegOf(page, 300, 100, BLUE);
  await store(url, image({ study, series, kind: 'OVERVIEW', width: 300, height: 100, jpeg: true, frames: [overview] }));
  return { study, series, hash: `#/slide/${study}/${series}` };
}

const readout = (page) => page.$eval('.readout', (output) => output.value);

test('the scale bar is as long as it says, and follows the zoom', async () => {
  const { page, faults, close } = await open();
  const { hash } = await storeWithLabel(page);
  await page.goto(`${url}/${hash}`);
  await settled(page);
  for (const [magnification, length, text] of [[10, 100, '100 µm'], [20, 100, '50 µm'], [40, 80, '20 µm']]) {
    await page.click(`.controls >> text="${magnification}×"`);
    await page.waitForFunction((wanted) => document.querySelector('.scale span:last-child').textContent === wanted, text);
    await page.waitForTimeout(900);
    const width = await page.$eval('.scale .line', (line) => line.getBoundingClientRect().width);
    // 10 µm a pixel at 1×: at 10× a pixel is 1 µm, so that 100 µm are 100 pixels.
    assert.ok(Math.abs(width - length) < 1, `${width} pixels for ${text} at ${magnification}×`);
    // And the picture itself: 0.25 µm a slide pixel.
    const zoom = await page.evaluate(() => {
      const { viewport } = window.tesseraViewer;
      return viewport.viewportToImageZoom(viewport.getZoom(true));
    });
    assert.ok(Math.abs(zoom / (magnification / 40) - 1) < 0.01, `${zoom} screen pixels a slide pixel at ${magnification}×`);
  }
  assert.deepEqual(faults, []);
  await close();
});

test('the magnification is read out, and buttons and keys set it', async () => {
  const { page, faults, close } = await open();
  const { hash } = await storeWithLabel(page);
  await page.goto(`${url}/${hash}`);
  await settled(page);
  await page.click('.controls >> text="20×"');
  await page.waitForFunction(() => document.querySelector('.readout').value === '20×');
  await page.waitForFunction(() => document.querySelector('.controls [title="Show at 20×"]').ariaPressed === 'true');
  await page.focus('.openseadragon-canvas');
  await page.keyboard.press('5');
  await page.waitForFunction(() => document.querySelector('.readout').value === '40×');
  const center = () => page.evaluate(() => window.tesseraViewer.viewport.getCenter().x);
  const before = await center();
  await page.keyboard.down('ArrowRight');
  await page.waitForTimeout(400);
  await page.keyboard.up('ArrowRight');
  assert.ok(await center() > before, 'the arrow key did not move the slide');
  await page.keyboard.press('0');
  await page.waitForTimeout(1200);
  assert.notEqual(await readout(page), '40×');
  await page.keyboard.press('f');
  assert.equal(await page.evaluate(() => window.tesseraViewer.viewport.getFlip()), false, 'tissue is never mirrored');
  assert.deepEqual(faults, []);
  await close();
});

test('label and overview are shown beside the slide, and one click hides them', async () => {
  const { page, faults, requests, close } = await open();
  const { hash } = await storeWithLabel(page);
  await page.goto(`${url}/${hash}`);
  await settled(page);
  await page.waitForFunction(() => document.querySelectorAll('.enlarge.drawn').length === 2);
  await screenshot(page, 'slide-label');
  const [overview, label] = await page.$$('.enlarge canvas');
  assert.ok(shareOf(await overview.screenshot(), near(BLUE)) > 0.5, 'the JPEG overview is not there');
  assert.ok(shareOf(await label.screenshot(), near(GREEN)) > 0.5, 'the uncompressed label is not there');
  await page.click('text=Hide label');
  assert.equal(await page.$$eval('.beside canvas', (all) => all.length), 0);
  requests.length = 0;
  await page.reload();
  await settled(page);
  assert.equal(await page.$$eval('.beside canvas', (all) => all.length), 0);
  const sops = await page.evaluate(async (path) => {
    const rows = await (await fetch(`/dicom-web${path}/instances?includefield=00080008`)).json();
    return rows.filter((row) => row['00080008'].Value[2] !== 'VOLUME').map((row) => row['00080018'].Value[0]);
  }, hash.replace('#/slide/', '/studies/').replace(/\/([\d.]+)$/, '/series/$1'));
  assert.ok(!requests.some((one) => /frames/.test(one) && sops.some((sop) => one.includes(sop))), 'hidden, yet fetched');
  await page.focus('.openseadragon-canvas');
  await page.keyboard.press('l');
  await page.waitForFunction(() => document.querySelectorAll('.enlarge.drawn').length === 2);
  await page.click('.enlarge >> nth=1');
  await page.waitForFunction(() => document.querySelector('dialog canvas')?.width > 100);
  await page.keyboard.press('Escape');
  await page.waitForSelector('dialog', { state: 'detached' });
  assert.deepEqual(faults, []);
  await close();
});

// What the stage shows mostly, after the slide has come.
async function stageShare(page, hash, colour) {
  await page.goto('about:blank');
  await page.goto(`${url}/${hash}`);
  await settled(page);
  return shareOf(await (await page.$('#stage canvas')).screenshot(), near(colour));
}

test('a sparse slide has its tiles where their positions say', async () => {
  const { page, faults, close } = await open();
  const [study, series] = [uid(), uid()];
  const at = (left, top) => ({ '0048021A': ['SQ', [{ '0048021E': ['SL', left], '0048021F': ['SL', top] }]] });
  await store(url, image({ study, series, width: 128, height: 64, tile: [64, 64],
    frames: [plain(64, 64, RED), plain(64, 64, BLUE)], '00209311': ['CS', 'TILED_SPARSE'],
    '52009230': ['SQ', [at(65, 1), at(1, 1)]] }));
  await page.goto(`${url}/#/slide/${study}/${series}`);
  await settled(page);
  const colours = await page.evaluate(() => {
    const { viewport, drawer } = window.tesseraViewer;
    const context = drawer.canvas.getContext('2d');
    return [[32, 32], [96, 32]].map(([x, y]) => {
      const point = viewport.imageToViewerElementCoordinates(new window.OpenSeadragon.Point(x, y));
      const scale = drawer.canvas.width / drawer.canvas.clientWidth;
      return [...context.getImageData(point.x * scale, point.y * scale, 1, 1).data].slice(0, 3);
    });
  });
  assert.ok(near(BLUE)(...colours[0]) && near(RED)(...colours[1]), JSON.stringify(colours));
  assert.deepEqual(faults, []);
  await close();
});

test('the parts of a concatenation are one slide', async () => {
  const { page, faults, close } = await open();
  const [study, series, whole] = [uid(), uid(), uid()];
  for (const [part, offset] of [[1, 0], [2, 2]]) {
    await store(url, image({ study, series, width: 128, height: 128, tile: [64, 64],
      frames: [plain(64, 64, GREEN), plain(64, 64, GREEN)], '00209161': ['UI', whole], '00209162': ['US', part],
      '00209163': ['US', 2], '00209228': ['UL', offset] }));
  }
  assert.ok(await stageShare(page, `#/slide/${study}/${series}`, GREEN) > 0.4, 'a part is missing');
  assert.deepEqual(faults, []);
  await close();
});

test('of several optical paths the first is shown, and the page says so', async () => {
  const { page, faults, close } = await open();
  const [study, series] = [uid(), uid()];
  await store(url, image({ study, series, width: 64, height: 64, frames: [plain(64, 64, RED), plain(64, 64, BLUE)],
    '00480302': ['UL', 2], '00480105': ['SQ', [{ '00480106': ['SH', '1'] }, { '00480106': ['SH', '2'] }]] }));
  assert.ok(await stageShare(page, `#/slide/${study}/${series}`, RED) > 0.3);
  assert.match(await page.textContent('.note'), /several optical paths; the first is shown/);
  assert.deepEqual(faults, []);
  await close();
});

test('a series without a slide is said in words, and can still be deleted', async () => {
  const { page, faults, close } = await open();
  const { hash } = await storeSmall(url, { kind: 'LABEL' });
  await page.goto(`${url}/${hash}`);
  await page.waitForSelector('.notice >> text=no whole-slide image');
  assert.equal(await page.isVisible('text=Delete slide…'), true);
  assert.deepEqual(faults, []);
  await close();
});

test('on a phone the slide has the screen, and its details one touch away', async () => {
  const { page, faults, close } = await open({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  const { hash } = await storeWithLabel(page);
  await page.goto(`${url}/${hash}`);
  await settled(page);
  await screenshot(page, 'slide-narrow');
  assert.ok(await overflow(page) <= 0, `${await overflow(page)} pixels too wide`);
  const stage = await (await page.$('#stage')).boundingBox();
  assert.ok(stage.height > 600, `the slide has ${stage.height} pixels of 844`);
  assert.equal(await page.isVisible('#details'), false);
  await page.tap('text=Details');
  assert.equal(await page.isVisible('#details >> text=Patient ID'), true);
  await screenshot(page, 'slide-narrow-details');
  assert.ok(await overflow(page) <= 0, `${await overflow(page)} pixels too wide with details`);
  for (const one of await page.$$('.controls button')) {
    const box = await one.boundingBox();
    assert.ok(box.width >= 38 && box.x >= 0 && box.x + box.width <= 390, `a button at ${box.x}, ${box.width} wide`);
  }
  assert.deepEqual(faults, []);
  await close();
});

test('two fingers zoom the slide', async () => {
  const { page, close } = await open({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  const { hash } = await storeWithLabel(page);
  await page.goto(`${url}/${hash}`);
  await settled(page);
  const zoom = () => page.evaluate(() => window.tesseraViewer.viewport.getZoom());
  const before = await zoom();
  const devtools = await page.context().newCDPSession(page);
  const fingers = (apart) => [{ x: 195 - apart, y: 300, id: 1 }, { x: 195 + apart, y: 300, id: 2 }];
  await devtools.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: fingers(20) });
  for (let apart = 25; apart <= 90; apart += 5) {
    await devtools.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints: fingers(apart) });
    await page.waitForTimeout(20);
  }
  await devtools.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
  assert.ok(await zoom() > before * 1.5, `zoom ${before} became ${await zoom()}`);
  await close();
});
