// What lets requests in. Where people sign in by an identity provider, the browser's cookie (login.js). Where they do
// not, an access token of this browser tab: asked for when the server wants one, kept until the tab is closed, sent
// nowhere but to this server.

import { ask } from './dialog.js';
import { element } from './dom.js';
import { known, regain, signsIn, wanted } from './login.js';

const KEY = 'tessera-token';
let asking = null;

export function authorization() {
  const token = sessionStorage.getItem(KEY);
  return token ? { Authorization: `Bearer ${token}` } : {};
}

async function askForToken() {
  const refused = sessionStorage.getItem(KEY) !== null;
  sessionStorage.removeItem(KEY);
  const field = element('input', { type: 'password', id: 'token', autocomplete: 'off', required: true });
  const given = await ask({
    title: 'Sign in',
    body: [
      element('p', {}, refused ? 'The server does not know this token, or no longer. Try another.' :
        'This server shows its slides to those who hold an access token.'),
      element('label', { htmlFor: 'token' }, 'Access token'), field],
    accept: 'Continue',
    first: field,
  });
  if (given) {
    sessionStorage.setItem(KEY, field.value.trim());
  }
  return given;
}

// After a request was refused `times` before: resolves with whether to try it again. A sign-in is renewed once; for a
// token there is one question, whoever asks.
export async function signIn(times) {
  await known;
  if (signsIn()) {
    return times === 0 && regain();
  }
  asking ??= askForToken().finally(() => {
    asking = null;
  });
  return asking;
}

// What a refusal means to who reads it.
export function unknownCaller() {
  return signsIn() ? wanted() : 'This server wants an access token that it knows.';
}

export function notAllowed(what) {
  return `Your ${signsIn() ? 'sign-in' : 'access token'} does not allow ${what}`;
}
