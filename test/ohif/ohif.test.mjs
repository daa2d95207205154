// OHIF as npm has it, on an origin of its own, its people signed in by a provider on a third one: does it show what Tessera
// holds? Set up as doc/viewers.md says.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { open, screenshot } from '../browser/support/browser.mjs';
import { deploy } from './support/deployment.mjs';
import { ENOUGH, PATIENCE, painted } from './support/painted.mjs';
import { isFrame, isPreflight, watch } from './support/requests.mjs';

const STUDY = 'td >> text="Doe, Jane"';
const VIEWPORT = '.DicomMicroscopyViewer';
let deployed;
let opened;
let asked;

before(async () => {
  deployed = await deploy();
  opened = await open({}, [deployed.ohif, deployed.provider.url, deployed.server.url]);
  opened.page.setDefaultTimeout(PATIENCE.timeout);
  asked = await watch(opened.page, deployed.server.url);
});
after(async () => {
  await opened?.close();
  await deployed?.stop();
});

async function signIn(page, name) {
  await page.waitForURL(`${deployed.provider.url}/interaction/**`, PATIENCE);
  await page.fill('[name=name]', name);
  await page.click('text="Sign in"');
}

async function openFromList(page) {
  await page.click(STUDY);
  await page.click('text="Microscopy"');
  await page.waitForSelector(`${VIEWPORT} canvas`);
}

test('OHIF signs its user in, lists the study, opens the slide and paints tissue', async () => {
  const { page, faults } = opened;
  await page.goto(deployed.ohif);
  await signIn(page, 'owner');
  await page.click('text="Confirm and hide"');
  await page.waitForSelector(STUDY);
  await screenshot(page, 'ohif-list-1280');
  await openFromList(page);
  const share = await painted(page, VIEWPORT);
  await screenshot(page, 'ohif-slide-1280');
  assert.ok(share >= ENOUGH, `tissue on ${share} of the viewport`);
  assert.deepEqual(faults, []);
});

test('everything OHIF asked was allowed, with a token, and preflights without one', async () => {
  const all = await asked();
  const preflights = all.filter(isPreflight);
  const others = all.filter((one) => !isPreflight(one));
  assert.ok(others.filter(isFrame).length >= 9, `${others.filter(isFrame).length} frames`);
  assert.deepEqual(others.filter((one) => one.status !== 200 || !one.token || one.failure), []);
  assert.ok(preflights.length >= 9, `${preflights.length} preflights`);
  assert.deepEqual(preflights.filter((one) => one.status !== 204 || one.token || one.failure), []);
});

test('a token that OHIF renews is used for what it asks next', async () => {
  const { page, faults } = opened;
  const old = (await asked()).filter(isFrame).at(-1).token;
  await page.waitForResponse((response) => response.url() === `${deployed.provider.url}/token` && response.ok(), PATIENCE);
  const sofar = (await asked()).length;
  await page.click('[data-cy=return-to-work-list]');
  await page.waitForSelector(STUDY);
  const searches = (await asked()).slice(sofar).filter((one) => one.method === 'GET');
  assert.ok(searches.length > 0);
  assert.deepEqual(searches.filter((one) => one.status !== 200 || !one.token || one.token === old), []);
  assert.deepEqual(faults, []);
});

test('the slide opened again, in a small window, costs no preflight for a tile that was there before', async () => {
  const { page, faults } = opened;
  const [before, sofar] = [new Set((await asked()).filter(isFrame).map((one) => one.url)), (await asked()).length];
  await page.setViewportSize({ width: 800, height: 600 });
  await screenshot(page, 'ohif-list-800');
  await openFromList(page);
  const share = await painted(page, VIEWPORT);
  await screenshot(page, 'ohif-slide-800');
  assert.ok(share >= ENOUGH, `tissue on ${share} of the viewport`);
  const again = (await asked()).slice(sofar).filter((one) => before.has(one.url));
  assert.ok(again.some(isFrame), 'no tile was asked for again');
  assert.deepEqual(again.filter(isPreflight), []);
  assert.deepEqual(faults, []);
});
