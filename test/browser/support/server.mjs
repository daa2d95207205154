// A server of a test's own, with a configuration of its own: TESSERA_BIN on a fresh folder and a free port, or a port
// that somebody was told before.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';

export function freePort() {
  return new Promise((resolve) => {
    const probe = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

export async function startServer(config, port = 0) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tessera-browser-'));
  const file = path.join(folder, 'tessera.toml');
  const data = path.join(folder, 'data');
  fs.writeFileSync(file, config, { mode: 0o600 }); // it may hold tokens
  // The tests' own variables are no settings of the server's.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TESSERA_')));
  const child = spawn(process.env.TESSERA_BIN, ['serve', '--config', file, '--data', data, '--listen',
    `127.0.0.1:${port}`], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  child.stderr.on('data', (bytes) => { log += bytes; });
  const ended = new Promise((resolve) => { child.on('exit', resolve); });
  const url = await new Promise((resolve, reject) => {
    let out = '';
    child.stdout.on('data', (bytes) => {
      out += bytes;
      const ready = /^tessera: listening on (\S+)$/m.exec(out);
      if (ready) {
        resolve(ready[1]);
      }
    });
    child.on('exit', () => reject(new Error(`the server ended: ${log}`)));
  });
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
    fs.rmSync(folder, { recursive: true });
  };
  return { url, data, stop };
}
