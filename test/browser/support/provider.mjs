// The certified identity provider of test/oidc in a process of its own, for clients that are given as metadata.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const FOLDER = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../oidc');

export async function startProvider(clients, tokenSeconds = 3600) {
  const env = { ...process.env, TESSERA_TEST_CLIENTS: JSON.stringify(clients), TESSERA_TEST_TOKEN_SECONDS: String(tokenSeconds) };
  const child = spawn('node', ['provider.mjs', '0'], { cwd: FOLDER, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  child.stderr.on('data', (bytes) => { log += bytes; });
  const ended = new Promise((resolve) => { child.on('exit', resolve); });
  const url = await new Promise((resolve, reject) => {
    let out = '';
    child.stdout.on('data', (bytes) => {
      out += bytes;
      const ready = /^ready (\S+)$/m.exec(out);
      if (ready) {
        resolve(ready[1]);
      }
    });
    child.on('exit', () => reject(new Error(`the provider ended (script/bootstrap test installs it): ${log}`)));
  });
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
  };
  return { url, stop };
}
