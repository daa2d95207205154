// Signing in on the page by a certified provider, which is another site to the browser. What a script could read of it:
// nothing.
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, test } from 'node:test';
import { open, overflow, screenshot } from './support/browser.mjs';
import { storeSmall } from './support/dicom.mjs';
import { startProvider } from './support/provider.mjs';
import { freePort, startServer } from './support/server.mjs';

const SCOPE = 'openid profile offline_access Dicom.ReadWrite';
const TOKEN = /eyJ[\w-]{20,}|access_token|refresh_token|id_token/;
const KEY = 'lab-secret-0123456789';
const short = 8; // seconds that a token of the second world lasts

// `localhost` and the provider's 127.0.0.1 are two sites.
async function startWorld(tokenSeconds) {
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const provider = await startProvider([{ client_id: 'tessera-page', token_endpoint_auth_method: 'none',
    redirect_uris: [`${url}/auth/callback`], post_logout_redirect_uris: [`${url}/`], scope: SCOPE,
    grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'] }], tokenSeconds);
  const sibling = `http://localhost:${await freePort()}`;
  const config = `
[cors]
origins = ["${sibling}"]
allow_credentials = true

[[auth.tokens]]
name = "lab"
token = "${KEY}"
role = "owner"

[[auth.issuers]]
url = "${provider.url}"
audiences = ["urn:tessera"]
clock_skew_seconds = 0
login = { client_id = "tessera-page", scope = "${SCOPE}", resource = "urn:tessera" }
`;
  try {
    const server = await startServer(config, port);
    const made = await storeSmall(url, {}, { Authorization: `Bearer ${KEY}` });
    return { url, provider, sibling, made, stop: () => Promise.all([server.stop(), provider.stop()]) };
  } catch (error) {
    await provider.stop();
    throw error;
  }
}

let world;
let brief;
before(async () => {
  world = await startWorld(3600);
  brief = await startWorld(short);
});
after(async () => {
  await world?.stop();
  await brief?.stop();
});

async function signIn(page, name = 'viewer') {
  await page.click('.account >> text="Sign in"');
  await page.fill('[name=name]', name);
  await page.click('text="Sign in"');
  await page.waitForSelector('.account >> text="Sign out"');
}

// All but the provider's own page (which has no icon), and what the browser itself writes of answers of 401.
function ownFaults(faults, { provider }) {
  return faults.filter((one) => !/status of 40[14]/.test(one) && !one.includes(provider.url));
}

async function kept(page) {
  return page.evaluate(() => [document.cookie, localStorage.length, sessionStorage.length, window.name]);
}

test('who signs in sees the slides, after a reload too, and no script can read a token', async () => {
  const { page, faults, requests, close } = await open({}, world.url);
  await page.goto(world.url);
  await page.waitForSelector('.notice >> text=those who sign in');
  await screenshot(page, 'login-signed-out');
  await signIn(page);
  await page.waitForSelector('.card.drawn');
  await screenshot(page, 'login-signed-in');
  assert.equal(await page.textContent('.account .who'), 'viewer of the laboratory');
  await page.reload();
  await page.waitForSelector('.card.drawn');
  assert.deepEqual(await kept(page), ['', 0, 0, '']);
  const asked = requests.filter((one) => one.includes(world.url)).join('\n');
  assert.doesNotMatch(asked, TOKEN);
  const answers = await page.evaluate(async () => (await fetch('/auth/session')).text());
  assert.doesNotMatch(answers, TOKEN);
  assert.match(answers, /"signed_in":true/);
  // What the history keeps is where the page was, not how it came there.
  await page.goBack();
  assert.doesNotMatch(page.url(), /code=|state=/);
  assert.deepEqual(ownFaults(faults, world), []);
  await close();
});

test('cookies are HttpOnly, Secure, SameSite, and of this host alone', async () => {
  const { page, close } = await open({}, world.url);
  await page.goto(world.url);
  await signIn(page);
  const cookies = (await page.context().cookies(world.url)).filter((one) => one.domain === 'localhost');
  assert.deepEqual(cookies.map(({ name, httpOnly, secure, sameSite, path }) => [name, httpOnly, secure, sameSite, path]),
    [['__Host-tessera', true, true, 'Strict', '/']]);
  await close();
});

test('signing in leads back to the slide that was asked for', async () => {
  const { page, close } = await open({}, world.url);
  await page.goto(`${world.url}/${world.made.hash}`);
  await page.click('.notice >> text="Sign in"');
  await page.fill('[name=name]', 'viewer');
  await page.click('text="Sign in"');
  await page.waitForSelector('.topbar .account >> text="Sign out"');
  assert.equal(page.url(), `${world.url}/${world.made.hash}`);
  await screenshot(page, 'login-slide');
  await close();
});

for (const width of [400, 1280]) {
  test(`the page fits ${width} pixels, signed in and not`, async () => {
    const { page, close } = await open({ viewport: { width, height: 800 } }, world.url);
    await page.goto(world.url);
    await page.waitForSelector('.account >> text="Sign in"');
    assert.ok(await overflow(page) <= 0);
    await screenshot(page, `login-out-${width}`);
    await signIn(page);
    await page.waitForSelector('.card.drawn');
    assert.ok(await overflow(page) <= 0);
    await screenshot(page, `login-in-${width}`);
    await page.goto(`${world.url}/${world.made.hash}`);
    await page.waitForSelector('.topbar .account');
    assert.ok(await overflow(page) <= 0);
    await screenshot(page, `login-slide-${width}`);
    await close();
  });
}

test('a sign-in is renewed in silence, by one tab for all', async () => {
  const { page, faults, requests, close } = await open({}, brief.url);
  await page.goto(brief.url);
  await signIn(page);
  const other = await page.context().newPage();
  const seen = [];
  other.on('request', (request) => seen.push(`${request.method()} ${request.url()}`));
  await other.goto(brief.url);
  await other.waitForSelector('.card.drawn');
  await page.waitForTimeout(2.5 * short * 1000);
  await page.reload();
  await page.waitForSelector('.card.drawn');
  await other.reload();
  await other.waitForSelector('.card.drawn');
  const renewals = [...requests, ...seen].filter((one) => one.endsWith('/auth/renew')).length;
  assert.ok(renewals >= 3 && renewals <= 9, `${renewals} renewals`);
  assert.deepEqual(ownFaults(faults, brief), []);
  await close();
});

test('a page that slept through the end of its token renews and goes on', async () => {
  const { page, close } = await open({}, brief.url);
  await page.goto(brief.url);
  await signIn(page);
  await page.addInitScript(() => {
    const set = window.setTimeout.bind(window);
    window.setTimeout = (job, delay, ...more) => (delay > 1000 ? 0 : set(job, delay, ...more)); // no timer wakes it
  });
  await page.reload();
  await page.waitForSelector('.card.drawn');
  await new Promise((resolve) => { setTimeout(resolve, (short + 1) * 1000); });
  await page.fill('[name=id]', 'P-');
  await page.click('text="Search"');
  await page.waitForSelector('.card.drawn');
  assert.equal(await page.textContent('.account .who'), 'viewer of the laboratory');
  await close();
});

test('who signs out is out here, in other tabs, and at the provider', async () => {
  const { page, close } = await open({}, world.url);
  await page.goto(world.url);
  await signIn(page);
  const other = await page.context().newPage();
  await other.goto(world.url);
  await other.waitForSelector('.card.drawn');
  await page.click('.account >> text="Sign out"');
  await page.click('text=Yes, sign me out');
  await page.waitForSelector('.account >> text="Sign in"');
  assert.equal(new URL(page.url()).origin, world.url);
  assert.deepEqual((await page.context().cookies(world.url)).filter((one) => one.name.startsWith('__Host')), []);
  await other.fill('[name=id]', 'P-');
  await other.click('text="Search"');
  await other.waitForSelector('.notice >> text=Your sign-in has ended');
  await screenshot(other, 'login-ended');
  await page.click('.account >> text="Sign in"');
  await page.waitForSelector('[name=name]'); // asks who it is again
  await close();
});

// A sibling (another port of the same host) is the same site: its requests bring the cookie, and it counts for nothing,
// even where that origin is allowed to read answers and to send credentials.
test('a page of a sibling host gets nothing by the cookie', async () => {
  const { page, close } = await open({}, world.url);
  await page.goto(world.url);
  await signIn(page);
  const sibling = http.createServer((request, response) => response.end('<!doctype html><title>sibling</title>'));
  await new Promise((resolve) => { sibling.listen(new URL(world.sibling).port, '127.0.0.1', resolve); });
  try {
    await page.goto(world.sibling);
    const [answer, status] = await Promise.all([
      page.waitForResponse((one) => one.url().endsWith('/dicom-web/studies')),
      page.evaluate(async (url) => (await fetch(`${url}/dicom-web/studies`, { credentials: 'include' })).status, world.url),
    ]);
    assert.match((await answer.request().allHeaders()).cookie ?? '', /__Host-tessera=/);
    assert.equal(status, 401);
  } finally {
    sibling.close();
  }
  await close();
});

test('a provider that says no is told on a page, as text', async () => {
  const { page, close } = await open({}, world.url);
  await page.goto(`${world.url}/auth/callback?error=access_denied`);
  await page.waitForSelector('h1 >> text=You are not signed in');
  await screenshot(page, 'login-refused');
  assert.ok(await overflow(page) <= 0);
  await close();
});
