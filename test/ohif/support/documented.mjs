// The configurations that doc/viewers.md shows, with addresses of the test's own in place of the examples': so what the
// page says is what is tested.
import assert from 'node:assert/strict';
import fs from 'node:fs';

const page = new URL('../../../doc/viewers.md', import.meta.url);

// The first block of code, indented by four, whose first line this is. hosts: { 'https://slides.example': 'http://127.0.0.1:8080', … }
export function documented(firstLine, hosts) {
  const lines = fs.readFileSync(page, 'utf8').split('\n');
  const begin = lines.indexOf(`    ${firstLine}`);
  assert.notEqual(begin, -1, `doc/viewers.md shows no block that begins with "${firstLine}"`);
  const length = lines.slice(begin).findIndex((line) => line !== '' && !line.startsWith('    '));
  let text = lines.slice(begin, length === -1 ? undefined : begin + length).map((line) => line.slice(4)).join('\n');
  for (const [example, own] of Object.entries(hosts)) {
    text = text.replaceAll(example, own);
  }
  assert.doesNotMatch(text, /\.example\b/, 'an address of the example has none in the test');
  return text;
}
