// Slim's parts on an origin of their own: they begin without a token, learn from the 401 that one is wanted, and paint.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { open, screenshot } from '../browser/support/browser.mjs';
import { deploy } from './support/deployment.mjs';
import { ENOUGH, painted } from './support/painted.mjs';
import { isFrame, isPreflight, watch } from './support/requests.mjs';

let deployed;
let opened;
let asked;
let root;

before(async () => {
  deployed = await deploy();
  root = `${deployed.server.url}/dicom-web`;
  opened = await open({}, [deployed.slim, deployed.server.url]);
  asked = await watch(opened.page, deployed.server.url);
  await opened.page.goto(`${deployed.slim}/slim.html`);
});
after(async () => {
  await opened?.close();
  await deployed?.stop();
});

const search = (token) => opened.page.evaluate(([url, text]) => window.search(url, text), [root, token]);

test('a search without a token needs no preflight, and its 401 can be read: status and challenge', async () => {
  const refused = await search();
  assert.equal(refused.status, 401);
  assert.match(refused.challenge, /^Bearer .*resource_id="urn:tessera"/);
  assert.deepEqual((await asked()).map((one) => [one.method, one.status]), [['GET', 401]]);
});

test('a token that is wrong is told from one that is missing', async () => {
  const refused = await search('not.a.token');
  assert.equal(refused.status, 401);
  assert.match(refused.challenge, /error="invalid_token"/);
});

test('with a token the study is found, and its slide painted from frames as they are stored', async () => {
  const { page, faults } = opened;
  const token = await deployed.provider.token('owner');
  const { studies } = await search(token);
  assert.equal(studies.length, 1);
  const [sofar, before] = [(await asked()).length, faults.length];
  assert.equal(await page.evaluate(([url, text, study]) => window.show(url, text, study), [root, token, studies[0]]), 5);
  const share = await painted(page, '#slide');
  await screenshot(page, 'slim-slide-1280');
  assert.ok(share >= ENOUGH, `tissue on ${share} of the viewport`);
  const rest = (await asked()).slice(sofar);
  assert.ok(rest.filter(isFrame).length >= 9, `${rest.filter(isFrame).length} frames`);
  assert.deepEqual(rest.filter((one) => one.failure || one.status !== (isPreflight(one) ? 204 : 200)), []);
  assert.deepEqual(faults.slice(before), []);
});

test('a reader sees the slide too, and somebody without a role is refused readably', async () => {
  const { studies } = await search(await deployed.provider.token('viewer'));
  assert.equal(studies.length, 1);
  assert.equal((await search(await deployed.provider.token('stranger'))).status, 403);
});
