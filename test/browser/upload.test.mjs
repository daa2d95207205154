// Files dropped or chosen: each with its progress and what became of it.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { open, screenshot, url } from './support/browser.mjs';
import { image, plain, store, uid } from './support/dicom.mjs';
import { startServer } from './support/server.mjs';

let folder;
before(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tessera-upload-'));
});
after(() => fs.rmSync(folder, { recursive: true }));

function made(more = {}) {
  return image({ study: uid(), series: uid(), width: 64, height: 64, frames: [plain(64, 64, [190, 90, 160])], ...more });
}

const chosen = (name, buffer) => ({ name, mimeType: 'application/dicom', buffer });

async function outcome(page, name) {
  const row = page.locator('.uploads li', { hasText: name });
  await row.and(page.locator('.stored, .known, .failed, .cancelled')).waitFor();
  return [await row.getAttribute('class'), await row.locator('.outcome').textContent()];
}

test('chosen files are stored, and each that is not says why', async () => {
  const { page, faults, close } = await open();
  const known = made();
  await store(url, known);
  const id = `UP${uid().slice(-9)}`;
  await page.goto(`${url}/#/?id=${id}`);
  await page.waitForSelector('.notice >> text=No slide matches');
  await page.setInputFiles('#picker', [
    chosen('good.dcm', made({ id })), chosen('known.dcm', known), chosen('scan.svs', Buffer.from('II*\0 a TIFF')),
    chosen('cut.dcm', made().subarray(0, 400)), chosen('no-study.dcm', made({ '0020000D': ['UI', ''] }))]);
  assert.deepEqual(await outcome(page, 'good.dcm'), ['stored', 'Stored.']);
  assert.deepEqual(await outcome(page, 'known.dcm'), ['known', 'Already stored here.']);
  assert.match((await outcome(page, 'scan.svs')).join(), /^failed,Not a DICOM file/);
  const [cut, whyCut] = await outcome(page, 'cut.dcm');
  assert.ok(cut === 'failed' && /byte/.test(whyCut), whyCut);
  const [empty, whyEmpty] = await outcome(page, 'no-study.dcm');
  assert.ok(empty === 'failed' && /StudyInstanceUID/.test(whyEmpty), whyEmpty);
  await page.waitForSelector('.uploads [role=status] >> text=1 stored, 1 already here, 3 failed');
  await page.waitForSelector('.card'); // the list was read anew
  await screenshot(page, 'uploads');
  assert.deepEqual(faults.filter((one) => !/status of 409/.test(one)), []); // what the browser writes of a refusal
  await close();
});

// A drop as the browser gets it from the desktop, folders and all.
async function drop(page, files) {
  const devtools = await page.context().newCDPSession(page);
  const data = { items: [], files, dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop']) {
    await devtools.send('Input.dispatchDragEvent', { type, x: 400, y: 400, data });
    if (type === 'dragOver') {
      await page.waitForSelector('.veil:not([hidden])');
      await screenshot(page, 'drop');
    }
  }
}

test('a dropped folder is stored with the folders in it, its clutter left out', async () => {
  const { page, faults, close } = await open();
  const id = `DR${uid().slice(-9)}`;
  const top = path.join(folder, 'case');
  fs.mkdirSync(path.join(top, 'inner'), { recursive: true });
  fs.writeFileSync(path.join(top, 'one.dcm'), made({ id }));
  fs.writeFileSync(path.join(top, 'inner', 'two.dcm'), made({ id }));
  fs.writeFileSync(path.join(top, 'inner', '.DS_Store'), 'clutter');
  const loose = path.join(folder, 'three.dcm');
  fs.writeFileSync(loose, made({ id }));
  await page.goto(`${url}/#/?id=${id}`);
  await page.waitForSelector('.notice');
  await drop(page, [top, loose]);
  await page.waitForFunction(() => document.querySelectorAll('.card').length === 3);
  assert.equal(await page.textContent('.uploads [role=status]'), '3 stored');
  assert.equal(await page.isHidden('.veil'), true);
  assert.deepEqual(faults, []);
  await close();
});

test('progress is shown, three at once, and cancel ends what is on its way', async () => {
  const { page, close } = await open();
  const devtools = await page.context().newCDPSession(page);
  await page.goto(url);
  await page.waitForSelector('.card');
  await devtools.send('Network.enable');
  await devtools.send('Network.emulateNetworkConditions',
    { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 100 * 1024 });
  const id = `CA${uid().slice(-9)}`;
  const files = Array.from({ length: 5 }, (_, at) => path.join(folder, `large-${at}.dcm`));
  files.forEach((file) => fs.writeFileSync(file, made({ id, width: 512, height: 512, frames: [plain(512, 512, [1, 2, 3])] })));
  await page.setInputFiles('#picker', files);
  await page.waitForFunction(() => [...document.querySelectorAll('.uploads progress')]
    .some((bar) => bar.value > 0 && bar.value < 1));
  assert.equal(await page.locator('.uploads progress').count(), 3);
  assert.match(await page.textContent('.uploads [role=status]'), /5 files to go/);
  await screenshot(page, 'uploading');
  await page.click('[aria-label="Cancel large-0.dcm"]');
  assert.deepEqual(await outcome(page, 'large-0.dcm'), ['cancelled', 'Called off.']);
  await page.click('text=Cancel all');
  await page.waitForSelector('.uploads [role=status] >> text=5 called off');
  await devtools.send('Network.emulateNetworkConditions',
    { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: -1 });
  const response = await fetch(`${url}/dicom-web/studies?PatientID=${id}`);
  assert.equal(response.status, 204, 'what was called off is nowhere');
  await close();
});

test('where there are partitions, files go into the one that is looked at', async () => {
  const server = await startServer('[features]\npartitions = true\n');
  const { page, faults, close } = await open({}, server.url);
  await page.goto(`${server.url}/?partition=lab-a`);
  await page.waitForSelector('.notice, .problem');
  await page.setInputFiles('#picker', chosen('a.dcm', made()));
  assert.deepEqual(await outcome(page, 'a.dcm'), ['stored', 'Stored.']);
  await page.waitForSelector('.card.drawn');
  const response = await fetch(`${server.url}/dicom-web/partitions/lab-a/studies`);
  assert.equal((await response.json()).length, 1);
  assert.deepEqual(faults.filter((one) => !/status of 400/.test(one)), []); // the partition is made by the first store
  await close();
  await server.stop();
});
