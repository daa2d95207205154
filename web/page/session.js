// The access token of this browser tab: asked for when the server wants one, kept until the tab is closed, sent
// nowhere but to this server.

import { element } from './dom.js';
import { ask } from './dialog.js';

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

// One question, whoever asks; resolves with whether a token was given.
export function signIn() {
  asking ??= askForToken().finally(() => {
    asking = null;
  });
  return asking;
}
