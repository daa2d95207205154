// A certified OpenID provider on loopback for the end-to-end tests: node provider.mjs PORT   (0: a free one)
// Prints "ready URL"; ends by SIGTERM. Clients get tokens by client_credentials for the resource urn:tessera (JWT) or
// urn:tessera:opaque. POST /test/rotate puts a new signing key first, and keeps the seven before it published.
//
// People (owner, viewer, stranger; no password) sign in with clients for the authorization code flow, which
// TESSERA_TEST_CLIENTS lists as a JSON array of client metadata. TESSERA_TEST_TOKEN_SECONDS: how long their access tokens last.
import { createServer } from 'node:http';
import { exportJWK, generateKeyPair } from 'jose';
import Provider, { errors } from 'oidc-provider';

const ROLES = { owner: ['owner'], viewer: ['reader'], stranger: [] };
const people = JSON.parse(process.env.TESSERA_TEST_CLIENTS ?? '[]');
const tokenSeconds = Number(process.env.TESSERA_TEST_TOKEN_SECONDS ?? 3600);
let made = 0;

async function newKey() {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  made += 1;
  return { ...(await exportJWK(privateKey)), kid: `key-${process.pid}-${made}`, alg: 'ES256', use: 'sig' };
}

// Consent is given beforehand: for what the client asks, whoever it is.
async function loadExistingGrant(ctx) {
  const { client, session, provider, params } = ctx.oidc;
  const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
  grant.addOIDCScope(params.scope);
  grant.addOIDCClaims(['sub', 'name']);
  for (const resource of [params.resource ?? []].flat()) {
    grant.addResourceScope(resource, params.scope);
  }
  await grant.save();
  return grant;
}

const account = (name) => ({ accountId: name, claims: () => ({ sub: name, name: `${name} of the laboratory` }) });

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
    clients: [...Object.keys(ROLES).map((name) => client(name, ['client_credentials'])), client('tessera', []), ...people],
    scopes: ['openid', 'offline_access', 'profile', 'Dicom.ReadWrite'],
    claims: { openid: ['sub'], profile: ['name'] },
    findAccount: (ctx, name) => (ROLES[name] ? account(name) : undefined),
    loadExistingGrant,
    interactions: { url: (ctx, interaction) => `/interaction/${interaction.uid}` },
    clientBasedCORS: () => true,
    issueRefreshToken: (ctx, client) => client.grantTypeAllowed('refresh_token'),
    extraTokenClaims: (ctx, token) => ({ roles: ROLES[token.accountId ?? token.clientId] ?? [] }),
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true },
      revocation: { enabled: true },
      rpInitiatedLogout: { enabled: true },
      resourceIndicators: {
        enabled: true,
        useGrantedResource: () => true, // what was asked for at sign-in holds for each token after it
        getResourceServerInfo: (ctx, resource) => {
          if (!resource.startsWith('urn:')) {
            throw new errors.InvalidTarget();
          }
          return {
            scope: 'Dicom.ReadWrite',
            audience: resource.replace(/:opaque$/, ''),
            accessTokenTTL: tokenSeconds,
            accessTokenFormat: resource.endsWith(':opaque') ? 'opaque' : 'jwt',
            jwt: { sign: { alg: 'ES256' } },
          };
        },
      },
    },
  };
}

let keys = [await newKey()];
let provider;
let url;

function renew() {
  provider = new Provider(url, configuration(keys));
}

const FORM = (action) => `<!doctype html><title>Sign in</title><link rel="icon" href="data:,">
<form method="post" action="${action}">
<label>Name <input name="name" autofocus></label> <button>Sign in</button></form>`;

// The page on which somebody signs in, and what it posts. What is asked once more (prompt=consent) is given.
async function interact(request, response) {
  const { prompt, grantId } = await provider.interactionDetails(request, response);
  if (prompt.name === 'consent') {
    await provider.interactionFinished(request, response, { consent: { grantId } }, { mergeWithLastSubmission: true });
    return;
  }
  if (request.method === 'GET') {
    response.setHeader('Content-Type', 'text/html');
    response.end(FORM(request.url));
    return;
  }
  let body = '';
  for await (const bytes of request) {
    body += bytes;
  }
  const accountId = new URLSearchParams(body).get('name');
  await provider.interactionFinished(request, response, { login: { accountId } });
}

const server = createServer(async (request, response) => {
  if (request.method === 'POST' && request.url === '/test/rotate') {
    keys = [await newKey(), ...keys.slice(0, 7)];
    renew();
    response.end(`${keys[0].kid}\n`);
    return;
  }
  if (request.url.startsWith('/interaction/')) {
    await interact(request, response);
    return;
  }
  provider.callback()(request, response);
});
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => {
  url = `http://127.0.0.1:${server.address().port}`;
  renew();
  console.log(`ready ${url}`);
});
process.on('SIGTERM', () => process.exit(0));
