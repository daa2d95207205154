// The OpenID provider of test/oidc in a process of its own, at which people sign in with these clients.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../oidc/provider.mjs', import.meta.url));

// clients: metadata as in OpenID Connect Registration, one object for each. tokenSeconds: how long access tokens last.
export async function startProvider(clients, tokenSeconds = 3600) {
  const env = { ...process.env, TESSERA_TEST_CLIENTS: JSON.stringify(clients), TESSERA_TEST_TOKEN_SECONDS: tokenSeconds };
  const child = spawn(process.execPath, [program, '0'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.on('data', (bytes) => { said += bytes; });
  const ended = new Promise((resolve) => { child.on('exit', resolve); });
  const url = await new Promise((resolve, reject) => {
    child.stdout.on('data', (bytes) => {
      said += bytes;
      const ready = /^ready (\S+)$/m.exec(said);
      if (ready) {
        resolve(ready[1]);
      }
    });
    child.on('exit', () => reject(new Error(`the provider ended (script/bootstrap test installs it): ${said}`)));
  });
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
  };
  // An access token for Tessera, as a client of this name gets it: owner, viewer or stranger.
  const token = async (name) => {
    const response = await fetch(`${url}/token`, {
      method: 'POST', headers: { Authorization: `Basic ${btoa(`${name}:${name}-secret`)}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', resource: 'urn:tessera', scope: 'Dicom.ReadWrite' }),
    });
    return (await response.json()).access_token;
  };
  return { url, token, stop };
}
