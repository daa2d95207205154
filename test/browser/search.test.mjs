// The list: finding slides among many, and saying so when there are none.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { open, overflow, screenshot, url } from './support/browser.mjs';
import { storeSmall, uid } from './support/dicom.mjs';

const word = () => `Q${uid().slice(-10)}`;

async function search(page, fields) {
  for (const [name, value] of Object.entries(fields)) {
    await page.fill(`#search-${name}`, value);
  }
  await page.click('.search >> text=Search');
}

// The series on the list once it says how many there are.
async function found(page, status) {
  await page.waitForFunction((text) => document.querySelector('.status')?.textContent === text, status);
  return page.$$eval('.card', (cards) => cards.map((card) => card.dataset.series));
}

test('each field narrows the list, and a search outlives reload and back', async () => {
  const { page, faults, close } = await open();
  const mark = word();
  const jane = await storeSmall(url, { patient: `${mark}^Jane`, id: `${mark}-1`, accession: 'ACC-71', date: '20250110' });
  const john = await storeSmall(url, { patient: `${mark}^John`, id: `${mark}-2`, accession: 'ACC-72', date: '20250220' });
  await page.goto(url);
  await search(page, { name: mark.toLowerCase() });
  assert.deepEqual(await found(page, '2 slides'), [john.series, jane.series]);
  await search(page, { name: `jane ${mark}` });
  assert.deepEqual(await found(page, '1 slide'), [jane.series]);
  await page.reload();
  assert.deepEqual(await found(page, '1 slide'), [jane.series]);
  assert.equal(await page.inputValue('#search-name'), `jane ${mark}`);
  await page.goBack();
  assert.deepEqual(await found(page, '2 slides'), [john.series, jane.series]);
  await search(page, { name: '', id: `${mark}-2` });
  assert.deepEqual(await found(page, '1 slide'), [john.series]);
  await search(page, { id: mark, accession: 'acc-71' });
  assert.deepEqual(await found(page, '1 slide'), [jane.series]);
  await search(page, { id: mark, accession: '', from: '2025-02-01', to: '2025-02-28' });
  assert.deepEqual(await found(page, '1 slide'), [john.series]);
  await search(page, { from: '', to: '2025-01-31' });
  assert.deepEqual(await found(page, '1 slide'), [jane.series]);
  await search(page, { name: 'nobodyofthisname' });
  await page.waitForSelector('.notice >> text=No slide matches this search.');
  assert.deepEqual(faults, []);
  await close();
});

test('a slide is found by the beginning of its identifier', async () => {
  const { page, faults, close } = await open();
  const mark = word();
  const a = await storeSmall(url, { container: `${mark}-A1` });
  await storeSmall(url, { container: `other-${mark}` });
  await page.goto(url);
  await search(page, { slide: mark.toLowerCase() });
  assert.deepEqual(await found(page, '1 slide'), [a.series]);
  await search(page, { slide: `*${mark}` });
  await page.waitForFunction((series) => document.querySelector('.card')?.dataset.series !== series, a.series);
  assert.equal((await found(page, '1 slide')).length, 1);
  assert.deepEqual(faults, []);
  await close();
});

test('back from a slide finds the list as it was left', async () => {
  const { page, close } = await open();
  const mark = word();
  await storeSmall(url, { id: mark });
  await page.goto(`${url}/#/?id=${mark}`);
  await found(page, '1 slide');
  await page.click('.card');
  await page.waitForSelector('.topbar');
  assert.match(page.url(), new RegExp(`\\?id=${mark}$`));
  await page.click('.topbar .back');
  await page.waitForSelector('.card');
  assert.match(page.url(), new RegExp(`#/\\?id=${mark}$`));
  await close();
});

// A server of 5000 slides, as its search would answer.
async function pretendThousands(page, images) {
  const asked = [];
  await page.route('**/dicom-web/series?*', (route) => {
    const query = new URL(route.request().url()).searchParams;
    const [limit, offset] = [Number(query.get('limit')), Number(query.get('offset'))];
    asked.push({ limit, offset });
    const rows = Array.from({ length: Math.max(0, Math.min(limit, 5000 - offset)) }, (_, at) => ({
      '0020000D': { vr: 'UI', Value: [`1.2.${offset + at + 1}`] }, '0020000E': { vr: 'UI', Value: [`1.3.${offset + at + 1}`] },
      '00100010': { vr: 'PN', Value: [{ Alphabetic: `Number^${offset + at}` }] },
    }));
    return route.fulfill({ json: rows, contentType: 'application/dicom+json' });
  });
  await page.route('**/dicom-web/studies/*/series/*/instances?*', images);
  return asked;
}

test('thousands of slides come in bounded pages, as they are scrolled to', async () => {
  const { page, faults, close } = await open();
  const asked = await pretendThousands(page, (route) => route.fulfill({ status: 204 }));
  await page.goto(url);
  await page.waitForSelector('.card');
  await page.waitForTimeout(400);
  const before = asked.length;
  assert.ok(before <= 3, `${before} pages without scrolling`);
  for (let turn = 0; turn < 5; ++turn) {
    await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight));
    await page.waitForTimeout(200);
  }
  assert.ok(asked.length > before, 'scrolling brought nothing');
  assert.ok(asked.every(({ limit }) => limit > 0 && limit <= 100), 'a request without a bound');
  assert.deepEqual(asked.map(({ offset }) => offset), asked.map((_, at) => at * asked[0].limit));
  assert.deepEqual(faults, []);
  await close();
});

test('pictures are fetched few at a time, and called off when scrolled away', async () => {
  const { page, close } = await open();
  // Counted in the page: an event of a call-off comes later than what it made room for.
  await page.addInitScript(() => {
    const fetchNow = window.fetch;
    window.pictures = { asked: 0, flying: 0, most: 0, calledOff: 0 };
    window.fetch = async (target, options) => {
      const isPicture = /\/instances\?/.test(target);
      const change = (by) => {
        window.pictures.asked += isPicture && by > 0;
        window.pictures.flying += isPicture ? by : 0;
        window.pictures.most = Math.max(window.pictures.most, window.pictures.flying);
      };
      change(1);
      try {
        return await fetchNow(target, options);
      } catch (error) {
        window.pictures.calledOff += error.name === 'AbortError';
        throw error;
      } finally {
        change(-1);
      }
    };
  });
  await pretendThousands(page, () => {}); // never answered
  await page.goto(url);
  await page.waitForSelector('.card');
  await page.waitForTimeout(500);
  const first = await page.evaluate(() => ({ ...window.pictures }));
  for (let turn = 0; turn < 6; ++turn) {
    await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight));
    await page.waitForTimeout(250);
  }
  const last = await page.evaluate(() => ({ ...window.pictures }));
  const cards = await page.$$eval('.card', (all) => all.length);
  assert.ok(first.asked > 0 && last.most <= 4, `${first.asked} asked for, ${last.most} at once`);
  assert.ok(last.calledOff >= first.asked, `${last.calledOff} called off of ${first.asked}`);
  assert.ok(last.asked < cards / 2, `${last.asked} pictures asked for with ${cards} cards scrolled past`);
  await close();
});

test('what DICOM says is shown as text, whatever it says', async () => {
  const { page, faults, close } = await open();
  const mark = word();
  const evil = '<img src=x onerror=window.pwned=1>';
  const name = '<script>window.pwned</script><img src onerror>'; // "=" would end a name's first group
  const made = await storeSmall(url, { id: mark, patient: name, container: evil, '00081030': ['LO', evil],
    '0008103E': ['LO', '"><svg onload=window.pwned=1>'] });
  await page.goto(`${url}/#/?id=${mark}`);
  await page.waitForSelector('.card.drawn');
  assert.equal(await page.textContent('.card .patient'), name);
  assert.equal(await page.textContent('.card .container'), evil);
  await page.goto(`${url}/${made.hash}`);
  await page.waitForSelector('.topbar');
  assert.match(await page.textContent('.topbar h1'), /<img src=x/);
  await page.click('text=Delete slide…');
  assert.ok((await page.textContent('dialog')).includes(name));
  assert.equal(await page.evaluate(() => window.pwned), undefined);
  assert.equal(await page.$$eval('img, main svg', (all) => all.length), 0);
  assert.deepEqual(faults, []);
  await close();
});

test('a server that does not answer is said in words, and can be asked again', async () => {
  const { page, close } = await open();
  await page.route('**/dicom-web/series?*', (route) => route.abort());
  await page.goto(url);
  await page.waitForSelector('.notice >> text=The server does not answer.');
  await page.unroute('**/dicom-web/series?*');
  await page.click('button >> text=Try again');
  await page.waitForSelector('.card');
  await close();
});

test('on a phone the list and its search fit', async () => {
  const { page, faults, close } = await open({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  await page.goto(url);
  await page.waitForSelector('.card.drawn');
  await screenshot(page, 'list-narrow');
  assert.ok(await overflow(page) <= 0, `${await overflow(page)} pixels too wide`);
  assert.deepEqual(faults, []);
  await close();
});

test('every control of the list has a name, and the keyboard reaches all in order', async () => {
  const { page, close } = await open();
  await page.goto(url);
  await page.waitForSelector('.card');
  const nameless = await page.$$eval('button, input:not([hidden]), a', (all) => all.filter((one) =>
    !(one.textContent.trim() || one.ariaLabel || one.labels?.length)).length);
  assert.equal(nameless, 0);
  const order = [];
  for (let at = 0; at < 4; ++at) {
    await page.keyboard.press('Tab');
    order.push(await page.evaluate(() => document.activeElement.id || document.activeElement.textContent));
  }
  assert.deepEqual(order, ['Add slides…', 'search-name', 'search-id', 'search-accession']);
  await close();
});
