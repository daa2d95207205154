// Deleting: nothing goes without a yes, and what goes is said before.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { open, screenshot, url } from './support/browser.mjs';
import { storeSmall, uid } from './support/dicom.mjs';

async function isStored(study, series) {
  const response = await fetch(`${url}/dicom-web/studies/${study}/series?SeriesInstanceUID=${series}`);
  return response.status === 200;
}

async function openSlide(page, { hash }) {
  await page.goto(`${url}/${hash}`);
  await page.waitForSelector('.deletions');
}

test('a slide is deleted after one yes, which says whose it is and how much goes', async () => {
  const { page, faults, close } = await open();
  const study = uid();
  const who = { study, patient: 'Gone^Soon', id: 'GS-1', accession: 'ACC-9' };
  const made = await storeSmall(url, who);
  const other = await storeSmall(url, who);
  await openSlide(page, made);
  await page.click('text=Delete slide…');
  const said = await page.textContent('dialog');
  assert.match(said, /1 image of this slide/);
  assert.match(said, /Gone, Soon \(GS-1\), accession ACC-9/);
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Cancel');
  await screenshot(page, 'delete-slide');
  await page.click('dialog >> text="Delete slide"');
  await page.waitForFunction(() => location.hash === '#/');
  await page.waitForSelector('.card');
  assert.equal(await isStored(study, made.series), false);
  assert.equal(await isStored(study, other.series), true);
  assert.equal((await page.$$(`.card[data-series="${made.series}"]`)).length, 0);
  assert.deepEqual(faults, []);
  await close();
});

test('cancel and Escape delete nothing', async () => {
  const { page, faults, close } = await open();
  const made = await storeSmall(url);
  await openSlide(page, made);
  await page.click('text=Delete slide…');
  await page.click('dialog >> text=Cancel');
  await page.waitForSelector('dialog', { state: 'detached' });
  await page.click('text=Delete study…');
  await page.waitForSelector('dialog');
  await page.keyboard.press('Escape');
  await page.waitForSelector('dialog', { state: 'detached' });
  assert.equal(await isStored(made.study, made.series), true);
  assert.deepEqual(faults, []);
  await close();
});

test('a study is deleted only when the word is typed', async () => {
  const { page, faults, close } = await open();
  const study = uid();
  const made = await storeSmall(url, { study });
  const other = await storeSmall(url, { study });
  await openSlide(page, made);
  await page.click('text=Delete study…');
  assert.match(await page.textContent('dialog'), /2 series with 2 images/);
  assert.equal(await page.isDisabled('dialog >> text="Delete study"'), true);
  await page.fill('#delete-word', 'delet');
  assert.equal(await page.isDisabled('dialog >> text="Delete study"'), true);
  await page.fill('#delete-word', 'delete');
  await page.click('dialog >> text="Delete study"');
  await page.waitForFunction(() => location.hash === '#/');
  assert.equal(await isStored(study, made.series) || await isStored(study, other.series), false);
  assert.deepEqual(faults, []);
  await close();
});
