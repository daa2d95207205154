// A provider, a Tessera and a viewer on three origins, set up as doc/viewers.md says, with a real slide of several levels.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { startServer } from '../../browser/support/server.mjs';
import { documented } from './documented.mjs';
import { startProvider } from './provider.mjs';
import { serveSite } from './site.mjs';

const sample = fileURLToPath(new URL('../../../script/sample', import.meta.url));
// OHIF renews a token a minute before its end.
const TOKEN_SECONDS = 80;
const dist = fileURLToPath(new URL('../node_modules/@ohif/app/dist', import.meta.url));

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

// { ohif, blank: origins of OHIF and of an empty page; provider, server; stop() }
export async function deploy() {
  const ohif = await serveSite(dist);
  const blank = await serveSite(dist, { '/': '<!doctype html><title>viewer</title>' });
  const provider = await startProvider([client(ohif.origin)], TOKEN_SECONDS);
  const hosts = { 'https://login.example': provider.url, 'https://ohif.example': ohif.origin, 'https://slim.example': blank.origin };
  const server = await startServer(documented('[[auth.issuers]]', hosts));
  ohif.made['/app-config.js'] = documented('window.config = {', { ...hosts, 'https://slides.example': server.url });
  const slide = execFileSync(sample, ['--pyramid'], { encoding: 'utf8' }).trim();
  execFileSync(process.env.TESSERA_BIN, ['import', slide, '--data', server.data, '--patient-name', 'Doe^Jane', '--patient-id',
    'P-1', '--quiet']);
  const stop = async () => {
    ohif.close();
    blank.close();
    await Promise.all([server.stop(), provider.stop()]);
  };
  return { ohif: ohif.origin, blank: blank.origin, provider, server, stop };
}
