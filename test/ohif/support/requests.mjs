// What a page asks of one server, seen from outside the page (DevTools): preflights too, of which no script is told.

// await asked(): [{ url, method, status, token, failure }] so far, of requests to `origin`; once each has status or failure.
export async function watch(page, origin) {
  const devtools = await page.context().newCDPSession(page);
  const seen = new Map();
  const of = (id) => seen.get(id) ?? seen.set(id, {}).get(id);
  devtools.on('Network.requestWillBeSent', ({ requestId, request }) => {
    Object.assign(of(requestId), { url: request.url, method: request.method });
  });
  devtools.on('Network.requestWillBeSentExtraInfo', ({ requestId, headers }) => {
    const field = Object.entries(headers).find(([name]) => name.toLowerCase() === 'authorization');
    of(requestId).token = field?.[1].replace(/^Bearer /, '');
  });
  devtools.on('Network.responseReceived', ({ requestId, response }) => { of(requestId).status = response.status; });
  devtools.on('Network.loadingFailed', ({ requestId, blockedReason, corsErrorStatus, errorText }) => {
    of(requestId).failure = corsErrorStatus?.corsError ?? blockedReason ?? errorText;
  });
  await devtools.send('Network.enable');
  return async () => {
    const asked = () => [...seen.values()].filter((one) => one.url?.startsWith(`${origin}/`));
    const deadline = Date.now() + 20000;
    while (asked().some((one) => !one.status && !one.failure) && Date.now() < deadline) {
      await new Promise((resolve) => { setTimeout(resolve, 20); });
    }
    return asked();
  };
}

export const isFrame = (one) => one.method === 'GET' && /\/frames\/\d+$/.test(one.url);
export const isPreflight = (one) => one.method === 'OPTIONS';
