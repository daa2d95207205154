// A server that wants tokens: the page asks, keeps what it is given in the tab, and says what a token may not do.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { open, screenshot } from './support/browser.mjs';
import { image, plain, storeSmall, uid } from './support/dicom.mjs';
import { startServer } from './support/server.mjs';

const CONFIG = `
[auth]
tokens = [
  { name = "lab", token = "owner-secret-0123456789", role = "owner" },
  { name = "viewer", token = "reader-secret-0123456789", role = "reader" },
]
`;
let server;
let made;

before(async () => {
  server = await startServer(CONFIG);
  made = await storeSmall(server.url, {}, { Authorization: 'Bearer owner-secret-0123456789' });
});
after(() => server?.stop());

async function signIn(page, token) {
  await page.fill('#token', token);
  await page.click('dialog >> text=Continue');
}

// All but what the browser itself writes of answers of 401 and 403.
function ownFaults(faults) {
  return faults.filter((one) => !/status of 40[13]/.test(one));
}

test('the page asks for a token until one is known, and shows the slides with it', async () => {
  const { page, faults, close } = await open({}, server.url);
  await page.goto(server.url);
  await page.waitForSelector('#token');
  await screenshot(page, 'token');
  assert.equal(await page.getAttribute('#token', 'type'), 'password');
  await signIn(page, 'guess');
  await page.waitForSelector('dialog >> text=does not know this token');
  await signIn(page, 'reader-secret-0123456789');
  await page.waitForSelector('.card.drawn');
  await page.reload();
  await page.waitForSelector('.card.drawn');
  const kept = await page.evaluate(() => [localStorage.length, document.cookie, Object.values(sessionStorage)]);
  assert.deepEqual(kept, [0, '', ['reader-secret-0123456789']]);
  assert.deepEqual(ownFaults(faults), []);
  await close();
});

test('who signs in not is told what the server wants', async () => {
  const { page, close } = await open({}, server.url);
  await page.goto(server.url);
  await page.click('dialog >> text=Cancel');
  await page.waitForSelector('.notice >> text=wants an access token');
  await close();
});

test('a token for reading deletes and stores nothing, and the page says so', async () => {
  const { page, faults, close } = await open({}, server.url);
  await page.goto(`${server.url}/${made.hash}`);
  await signIn(page, 'reader-secret-0123456789');
  await page.click('text=Delete slide…');
  await page.click('dialog >> text="Delete slide"');
  await page.waitForSelector('.problem >> text=Nothing was deleted. Your access token does not allow this');
  const frames = [plain(64, 64, [1, 2, 3])];
  const file = image({ study: uid(), series: uid(), width: 64, height: 64, frames });
  await page.setInputFiles('#picker', { name: 'a.dcm', mimeType: 'application/dicom', buffer: file });
  await page.waitForSelector('.uploads .failed >> text=does not allow storing');
  assert.deepEqual(ownFaults(faults), []);
  await close();
});
