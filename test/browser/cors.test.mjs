// Viewers on other origins, as a real browser lets them: what an allowed one reads, and that the others read nothing.
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, test } from 'node:test';
import { open } from './support/browser.mjs';
import { image, plain, store, uid } from './support/dicom.mjs';
import { startServer } from './support/server.mjs';

const READER = 'Bearer reader-secret-0123456789';
const FRAMES = 'multipart/related; type="application/octet-stream"; transfer-syntax=*';
const JSON_TYPE = 'application/dicom+json';
let sites;
let server;
let instance;

// An empty page on an origin of its own.
async function site() {
  const listener = http.createServer((request, response) => {
    response.setHeader('Content-Type', 'text/html');
    response.end('<!doctype html><title>viewer</title>');
  });
  await new Promise((resolve) => { listener.listen(0, '127.0.0.1', resolve); });
  return { origin: `http://127.0.0.1:${listener.address().port}`, close: () => listener.close() };
}

before(async () => {
  sites = { viewer: await site(), narrow: await site(), stranger: await site() };
  server = await startServer(`
[auth]
tokens = [
  { name = "lab", token = "owner-secret-0123456789", role = "owner" },
  { name = "viewer", token = "reader-secret-0123456789", role = "reader" },
]
[cors]
origins = ["${sites.viewer.origin}"]
[[cors.sites]]
origin = "${sites.narrow.origin}"
methods = ["GET"]
`);
  const [study, series, sop] = [uid(), uid(), uid()];
  const file = image({ study, series, sop, width: 64, height: 64, frames: [plain(64, 64, [190, 90, 160])] });
  await store(server.url, file, { Authorization: 'Bearer owner-secret-0123456789' });
  instance = `${server.url}/dicom-web/studies/${study}/series/${series}/instances/${sop}`;
});
after(() => {
  Object.values(sites).forEach((one) => one.close());
  return server?.stop();
});

// What a script of the page gets: status and fields, or the error.
async function ask(page, url, headers, method = 'GET') {
  return page.evaluate(async ([to, fields, verb]) => {
    try {
      const response = await fetch(to, { headers: fields, method: verb });
      const body = await response.arrayBuffer();
      return { status: response.status, bytes: body.byteLength, etag: response.headers.get('ETag'),
        challenge: response.headers.get('WWW-Authenticate'), id: response.headers.get('X-Request-Id') };
    } catch (error) {
      return { error: error.name };
    }
  }, [url, headers, method]);
}

async function pageOf(origin) {
  const opened = await open({}, origin);
  await opened.page.goto(origin);
  return opened;
}

test('a viewer reads the 401 it gets without a token, and frames with one', async () => {
  const { page, close } = await pageOf(sites.viewer.origin);
  const refused = await ask(page, `${instance}/frames/1`, { Accept: FRAMES });
  assert.equal(refused.status, 401);
  assert.match(refused.challenge, /^Bearer/);
  const frames = await ask(page, `${instance}/frames/1`, { Accept: FRAMES, Authorization: READER });
  assert.equal(frames.status, 200);
  assert.ok(frames.bytes > 64 * 64 * 3 && frames.etag && frames.id);
  await close();
});

test('errors are readable whatever they are', async () => {
  const { page, close } = await pageOf(sites.viewer.origin);
  const cases = [[`${server.url}/dicom-web/studies/x/metadata`, 400], [`${server.url}/dicom-web/studies/1.2.3/metadata`, 404],
    [`${server.url}/nowhere`, 404]];
  for (const [url, status] of cases) {
    assert.equal((await ask(page, url, { Accept: JSON_TYPE, Authorization: READER })).status, status);
  }
  assert.equal((await ask(page, instance, { Authorization: READER }, 'DELETE')).status, 403);
  assert.equal((await ask(page, `${instance}/metadata`, { Authorization: READER }, 'PUT')).status, 405);
  const long = `${server.url}/dicom-web/studies?PatientID=${'x'.repeat(9000)}`;
  assert.equal((await ask(page, long, { Accept: JSON_TYPE })).status, 414); // without a preflight
  await close();
});

test('the field that Slim sends under https is let through', async () => {
  const { page, close } = await pageOf(sites.viewer.origin);
  const headers = { Accept: JSON_TYPE, Authorization: READER, 'Content-Security-Policy': 'upgrade-insecure-requests' };
  assert.equal((await ask(page, `${server.url}/dicom-web/studies`, headers)).status, 200);
  await close();
});

test('a site may do what its own rule says, and no more', async () => {
  const { page, close } = await pageOf(sites.narrow.origin);
  assert.equal((await ask(page, `${instance}/metadata`, { Accept: JSON_TYPE, Authorization: READER })).status, 200);
  assert.deepEqual(await ask(page, instance, { Authorization: READER }, 'DELETE'), { error: 'TypeError' });
  await close();
});

test('a page of any other origin reads nothing', async () => {
  const { page, close } = await pageOf(sites.stranger.origin);
  for (const headers of [{ Accept: JSON_TYPE }, { Accept: JSON_TYPE, Authorization: READER }]) {
    assert.deepEqual(await ask(page, `${server.url}/dicom-web/studies`, headers), { error: 'TypeError' });
  }
  await close();
});

test('a sandboxed frame, whose origin is null, reads nothing', async () => {
  const { page, close } = await pageOf(sites.viewer.origin);
  const answer = await page.evaluate(([url, token]) => new Promise((resolve) => {
    window.addEventListener('message', (event) => resolve(event.data));
    const frame = document.createElement('iframe');
    frame.setAttribute('sandbox', 'allow-scripts');
    const headers = JSON.stringify({ Authorization: token });
    frame.srcdoc = `<script>fetch('${url}', {headers: ${headers}}).then(() => parent.postMessage('read', '*'),
      () => parent.postMessage('refused', '*'));</script>`;
    document.body.append(frame);
  }), [`${server.url}/dicom-web/studies`, READER]);
  assert.equal(answer, 'refused');
  await close();
});
