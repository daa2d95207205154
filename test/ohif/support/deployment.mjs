// A provider, a Tessera and a viewer on three origins, set up as doc/viewers.md says, with a real slide of several levels.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { startProvider } from '../../browser/support/provider.mjs';
import { startServer } from '../../browser/support/server.mjs';
import { documented } from './documented.mjs';
import { serveSite } from './site.mjs';

const here = fileURLToPath(new URL('..', import.meta.url));
const sample = path.join(here, '../../script/sample');
const packages = path.join(here, 'node_modules');
// OHIF renews a token a minute before its end.
const TOKEN_SECONDS = 80;
// With these a page may share memory with its workers, and loads nothing of another origin that does not allow it.
const ISOLATED = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

function client(origin) {
  return {
    client_id: 'ohif',
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    redirect_uris: [`${origin}/callback`],
    post_logout_redirect_uris: [`${origin}/signed-out`],
  };
}

// The page of slim.html with the packages it uses.
function serveSlim() {
  return serveSite(path.join(packages, 'dicom-microscopy-viewer/dist/dynamic-import'), {
    '/slim.html': fs.readFileSync(path.join(here, 'slim.html')),
    '/dicomweb-client.js': fs.readFileSync(path.join(packages, 'dicomweb-client/build/dicomweb-client.js')),
  }, ISOLATED);
}

// { ohif, slim: the viewers' origins; provider, server; stop() }
export async function deploy() {
  const ohif = await serveSite(path.join(packages, '@ohif/app/dist'));
  const slim = await serveSlim();
  const provider = await startProvider([client(ohif.origin)], TOKEN_SECONDS);
  const hosts = { 'https://login.example': provider.url, 'https://ohif.example': ohif.origin, 'https://slim.example': slim.origin };
  const server = await startServer(documented('[[auth.issuers]]', hosts));
  ohif.made['/app-config.js'] = documented('window.config = {', { ...hosts, 'https://slides.example': server.url });
  const slide = execFileSync(sample, ['--pyramid'], { encoding: 'utf8' }).trim();
  execFileSync(process.env.TESSERA_BIN, ['import', slide, '--data', server.data, '--patient-name', 'Doe^Jane', '--quiet']);
  const stop = async () => {
    ohif.close();
    slim.close();
    await Promise.all([server.stop(), provider.stop()]);
  };
  return { ohif: ohif.origin, slim: slim.origin, provider, server, stop };
}
