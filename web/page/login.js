// Signing in by way of the server: the identity provider's tokens stay with it, sealed in a cookie that no script can
// read. Here is only who is signed in, and until when; it is renewed before that, once for all tabs.

import { button, element } from './dom.js';

const BEFORE_END = 60; // seconds
const AGAIN_AFTER = 15; // seconds, while the provider does not answer
const LOCK = 'tessera-renew';
const state = { login: false, signedIn: false, renews: false, name: '', until: 0, ended: false };
const bar = element('span', { className: 'account', hidden: true });
let timer = null;
let renewing = null;

function seconds() {
  return Date.now() / 1000;
}

function ask(path, method = 'GET') {
  return fetch(`/auth/${path}`, { method, cache: 'no-store' });
}

function plan(delay) {
  clearTimeout(timer);
  timer = state.signedIn && state.renews ? setTimeout(renew, delay * 1000) : null;
}

function take({ login, signed_in: signedIn, renews = false, name = '', expires_in: left = 0 }) {
  const ended = !signedIn && (state.ended || state.signedIn);
  Object.assign(state, { login, signedIn, renews, name, until: seconds() + left, ended });
  plan(Math.max(1, left - Math.min(BEFORE_END, left / 2)));
  draw();
}

function enter() {
  const here = location.pathname + location.search + location.hash;
  location.assign(`/auth/login?to=${encodeURIComponent(here)}`);
}

async function signOut(leave) {
  leave.disabled = true;
  clearTimeout(timer);
  try {
    const response = await ask('logout', 'POST');
    const { end_session: elsewhere } = await response.json();
    location.assign(elsewhere ?? '/');
    if (!elsewhere) {
      location.reload(); // also where only the address's end changed
    }
  } catch {
    leave.disabled = false;
    leave.textContent = 'Not signed out: try again';
  }
}

export function enterButton() {
  return button('Sign in', enter, { className: 'primary enter' });
}

function draw() {
  bar.hidden = !state.login;
  if (!state.signedIn) {
    const over = state.ended ? [element('span', { className: 'who' }, 'Your sign-in has ended.')] : [];
    bar.replaceChildren(...over, enterButton());
    return;
  }
  const title = `Signed in as ${state.name}`;
  const leave = button('Sign out', () => signOut(leave), { className: 'small leave', title });
  bar.replaceChildren(element('span', { className: 'who', title: state.name }, state.name), leave);
}

// Another tab may have renewed it meanwhile: then the cookie is new already.
async function renewOnce() {
  try {
    const now = await (await ask('session')).json();
    if (now.signed_in && now.expires_in > 0 && seconds() + now.expires_in > state.until + 2) {
      take(now);
      return true;
    }
    const response = await ask('renew', 'POST');
    if (response.ok) {
      take(await response.json());
      return true;
    }
    if (response.status === 401) {
      take({ login: true, signed_in: false });
      return false;
    }
  } catch {
    // nobody answers: later
  }
  plan(AGAIN_AFTER);
  return false;
}

function renew() {
  renewing ??= (navigator.locks ? navigator.locks.request(LOCK, renewOnce) : renewOnce()).finally(() => {
    renewing = null;
  });
  return renewing;
}

// What the server says of it, asked once when the page begins.
export const known = ask('session').then((response) => response.json()).then(take).catch(() => {});

// A request was refused. Resolves with whether it may be tried again.
export function regain() {
  return state.signedIn ? renew() : false;
}

export function signsIn() {
  return state.login;
}

export function wanted() {
  if (state.ended) {
    return 'Your sign-in has ended. Sign in again to go on.';
  }
  return state.signedIn ? 'Your sign-in cannot be renewed now. Try again a little later.' :
    'This server shows its slides to those who sign in.';
}

// Who is signed in, into the view's own header; there is one for all views.
export function showAccount(view) {
  view.querySelector('header')?.append(bar);
}
