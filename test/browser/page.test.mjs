// The page on a real slide of several levels, which the server at TESSERA_URL holds.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isTissue, open, screenshot, settled, shareOf, url } from './support/browser.mjs';

// The slide with the most levels, from this server's own search.
async function slide(page) {
  await page.goto(url);
  await page.waitForSelector('.card');
  return page.evaluate(async () => {
    const rows = await (await fetch('/dicom-web/series?Modality=SM', { headers: { Accept: 'application/dicom+json' } })).json();
    const levels = (row) => row['00201209']?.Value?.[0] ?? 0;
    const row = rows.sort((a, b) => levels(b) - levels(a))[0];
    const [study, series] = [row['0020000D'].Value[0], row['0020000E'].Value[0]];
    return { series, hash: `#/slide/${study}/${series}`, levels: levels(row) };
  });
}

// The instances whose frames were asked for.
function framesOf(requests) {
  return requests.map((one) => /instances\/([\d.]+)\/frames\/\d+/.exec(one)?.[1]).filter(Boolean);
}

test('the list shows a card with a picture of tissue', async () => {
  const { page, faults, close } = await open();
  const { series } = await slide(page);
  const wanted = `.card.drawn[data-series="${series}"]`;
  for (let turn = 0; turn < 50 && !await page.$(wanted); ++turn) {
    await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight));
    await page.waitForTimeout(200);
  }
  const card = await page.waitForSelector(wanted);
  await page.waitForTimeout(600);
  const share = shareOf(await (await card.$('canvas')).screenshot(), isTissue);
  await screenshot(page, 'list');
  assert.ok(share > 0.08, `only ${(share * 100).toFixed(1)} % of the thumbnail is tissue-coloured`);
  assert.deepEqual(faults, []);
  await close();
});

test('a slide shows tissue at two zoom levels, the deeper one from a finer level', async () => {
  const { page, faults, requests, close } = await open({ viewport: { width: 800, height: 500 } });
  const { hash, levels } = await slide(page);
  assert.ok(levels > 1, 'the server holds no slide of several levels');
  requests.length = 0;
  await page.goto(`${url}/${hash}`);
  await settled(page);
  const stage = await page.$('#stage');
  const wide = shareOf(await stage.screenshot(), isTissue);
  await screenshot(page, 'slide-whole');
  const coarse = new Set(framesOf(requests));
  requests.length = 0;
  await page.evaluate(() => window.tesseraViewer.viewport.zoomBy(8, window.tesseraViewer.viewport.getCenter(), true));
  await settled(page);
  const deep = shareOf(await stage.screenshot(), isTissue);
  await screenshot(page, 'slide-deep');
  assert.ok(wide > 0.05, `whole slide: ${(wide * 100).toFixed(1)} % tissue`);
  assert.ok(deep > 0.2, `zoomed in: ${(deep * 100).toFixed(1)} % tissue`);
  assert.ok(framesOf(requests).some((sop) => !coarse.has(sop)), 'no finer level was asked for when zooming in');
  assert.match(await page.textContent('#details'), /Resolution.*µm per pixel/);
  assert.deepEqual(faults, []);
  await close();
});

test('a dense screen asks for a finer level of the same view', async () => {
  const asked = [];
  for (const deviceScaleFactor of [1, 3]) {
    const { page, requests, close } = await open({ viewport: { width: 700, height: 420 }, deviceScaleFactor });
    const { hash } = await slide(page);
    requests.length = 0;
    await page.goto(`${url}/${hash}`);
    await settled(page);
    const sizes = await page.evaluate(() => {
      const source = window.tesseraViewer.world.getItemAt(0).source;
      return Array.from({ length: source.maxLevel + 1 }, (_, level) => source.getTileUrl(level, 0, 0).split('/')[0]);
    });
    asked.push(Math.max(...framesOf(requests).map((sop) => sizes.indexOf(sop))));
    await close();
  }
  assert.ok(asked[1] > asked[0], `level ${asked[0]} at one pixel per pixel, ${asked[1]} at three`);
});

test('a slide that does not exist is said in words', async () => {
  const { page, close } = await open();
  await page.goto(`${url}/#/slide/1.2.3/4.5.6`);
  const text = await (await page.waitForSelector('.notice >> text=not stored here')).textContent();
  assert.match(text, /1\.2\.3/);
  await close();
});
