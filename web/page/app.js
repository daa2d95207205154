// The page: which view the address names, and the uploads that go on whatever is looked at.

import { readAddress, listAddress } from './address.js';
import { element, notice } from './dom.js';
import { enterButton, showAccount, signsIn } from './login.js';
import { showSlide } from './slide.js';
import { openUploads } from './uploadpanel.js';
import { Worklist } from './worklist.js';

const view = document.getElementById('view');
const worklist = new Worklist(view);
let leave = null;
let turn = 0;

async function show() {
  const mine = ++turn;
  const address = readAddress(location.hash);
  leave?.();
  leave = null;
  document.body.classList.toggle('dark', address.study !== undefined);
  if (address.study === undefined) {
    document.title = 'Tessera';
    leave = worklist.show(address.search);
    showAccount(view);
    return;
  }
  view.replaceChildren(notice('Loading the slide…'));
  try {
    const left = await showSlide(view, address, () => worklist.forget());
    if (mine === turn) {
      leave = left;
      showAccount(view);
    } else {
      left();
    }
  } catch (error) {
    if (mine === turn) {
      view.replaceChildren(notice(error.message, ...(error.status === 401 && signsIn() ? [enterButton()] : []),
        element('a', { href: listAddress(address.search), className: 'back' }, 'All slides')));
    }
  }
}

const uploads = openUploads(() => {
  worklist.forget();
  if (readAddress(location.hash).study === undefined) {
    show();
  }
});
worklist.onadd = uploads.choose;
window.addEventListener('hashchange', show);
show();
