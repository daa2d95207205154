// A viewer on an origin of its own: the files of a folder, and some made here. A path without extension is the viewer's own
// (/callback, /microscopy): it gets index.html, as OHIF asks of the web server that serves it. Other files are 404.
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { Readable, pipeline } from 'node:stream';

const TYPES = {
  '.html': 'text/html', '.js': 'text/javascript', '.mjs': 'text/javascript', '.css': 'text/css', '.json': 'application/json',
  '.wasm': 'application/wasm', '.svg': 'image/svg+xml', '.png': 'image/png', '.ico': 'image/x-icon',
  '.woff': 'font/woff', '.woff2': 'font/woff2', '.ttf': 'font/ttf',
};
// Where the name's bytes are; nothing when there are none.
function find(folder, made, name) {
  if (made[name] !== undefined) {
    return { type: path.extname(name), cache: 'no-store', body: Readable.from([made[name]]) };
  }
  const file = path.extname(name) ? path.join(folder, path.normalize(name)) : path.join(folder, 'index.html');
  if (!file.startsWith(folder) || !fs.existsSync(file)) {
    return undefined;
  }
  return { type: path.extname(file), cache: 'max-age=3600', body: fs.createReadStream(file, { highWaterMark: 4 << 20 }) };
}

// made: { '/app-config.js': text or bytes, … }, looked up at each request, so that it may be filled later. fields: of every answer.
export async function serveSite(folder, made = {}, fields = {}) {
  const server = http.createServer((request, response) => {
    const name = decodeURIComponent(new URL(request.url, 'http://site').pathname);
    const found = find(folder, made, name);
    if (!found) {
      response.writeHead(404).end();
      return;
    }
    const type = TYPES[found.type] ?? 'application/octet-stream';
    response.writeHead(200, { 'Content-Type': type, 'Cache-Control': found.cache, ...fields });
    pipeline(found.body, response, () => {});
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { origin: `http://127.0.0.1:${server.address().port}`, made, close };
}
