// A certified OpenID provider on loopback for the end-to-end tests: node provider.mjs PORT   (0: a free one)
// Prints "ready URL"; ends by SIGTERM. Clients get tokens by client_credentials for the resource urn:tessera (JWT) or
// urn:tessera:opaque. POST /test/rotate puts a new signing key first, and keeps the seven before it published.
import { createServer } from 'node:http';
import { exportJWK, generateKeyPair } from 'jose';
import Provider, { errors } from 'oidc-provider';

const ROLES = { owner: ['owner'], viewer: ['reader'], stranger: [] };
let made = 0;

async function newKey() {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  made += 1;
  return { ...(await exportJWK(privateKey)), kid: `key-${process.pid}-${made}`, alg: 'ES256', use: 'sig' };
}

function configuration(keys) {
  const client = (name, grants) => ({
    client_id: name,
    client_secret: `${name}-secret`,
    grant_types: grants,
    redirect_uris: [],
    response_types: [],
  });
  return {
    jwks: { keys },
    cookies: { keys: ['for tests only'] },
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    clients: [...Object.keys(ROLES).map((name) => client(name, ['client_credentials'])), client('tessera', [])],
    scopes: ['Dicom.ReadWrite'],
    extraTokenClaims: (ctx, token) => ({ roles: ROLES[token.clientId] ?? [] }),
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true },
      revocation: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (ctx, resource) => {
          if (!resource.startsWith('urn:')) {
            throw new errors.InvalidTarget();
          }
          return {
            scope: 'Dicom.ReadWrite',
            audience: resource.replace(/:opaque$/, ''),
            accessTokenTTL: 3600,
            accessTokenFormat: resource.endsWith(':opaque') ? 'opaque' : 'jwt',
            jwt: { sign: { alg: 'ES256' } },
          };
        },
      },
    },
  };
}

let keys = [await newKey()];
let answer;
let url;

function renew() {
  answer = new Provider(url, configuration(keys)).callback();
}

const server = createServer(async (request, response) => {
  if (request.method === 'POST' && request.url === '/test/rotate') {
    keys = [await newKey(), ...keys.slice(0, 7)];
    renew();
    response.end(`${keys[0].kid}\n`);
    return;
  }
  answer(request, response);
});
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => {
  url = `http://127.0.0.1:${server.address().port}`;
  renew();
  console.log(`ready ${url}`);
});
process.on('SIGTERM', () => process.exit(0));
