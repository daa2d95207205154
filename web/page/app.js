// The page: which view the address names, and what to do when the server refuses.

import { Refused, setToken } from './dicomweb.js';
import { element, notice } from './dom.js';
import { showSlide } from './slide.js';
import { showWorklist } from './worklist.js';

const view = document.getElementById('view');
let leave = null;

function askForToken() {
  const field = element('input', { type: 'password', autocomplete: 'off', required: true, ariaLabel: 'Access token' });
  view.replaceChildren(element('form', {
    className: 'token',
    onsubmit: (event) => {
      event.preventDefault();
      setToken(field.value.trim());
      show();
    },
  }, element('h1', {}, 'Tessera'), element('p', {}, 'This server wants an access token.'), field,
  element('button', { type: 'submit' }, 'Continue')));
  field.focus();
}

async function show() {
  leave?.();
  leave = null;
  view.replaceChildren(notice('Loading…'));
  const slide = /^#\/slide\/([\d.]+)\/([\d.]+)$/.exec(location.hash);
  try {
    leave = slide ? await showSlide(view, slide[1], slide[2]) : await showWorklist(view);
  } catch (error) {
    if (error instanceof Refused && error.status === 401) {
      askForToken();
      return;
    }
    view.replaceChildren(notice(error.message), element('a', { href: '#/', className: 'back' }, 'All slides'));
  }
}

window.addEventListener('hashchange', show);
show();
