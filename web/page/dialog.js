// One question in front of everything else. Focus stays inside, Escape says no, and focus returns to where it was.

import { element } from './dom.js';

let made = 0;

// body: elements; accept: the words of the yes button; first: what has the focus. Resolves with yes or no.
export function ask({ title, body, accept, danger = false, first = null, ready = null }) {
  const id = `dialog-${++made}`;
  const yes = element('button', { type: 'submit', value: 'yes', className: danger ? 'danger' : 'primary' }, accept);
  const no = element('button', { type: 'submit', value: 'no', formNoValidate: true }, 'Cancel');
  const dialog = element('dialog', { 'aria-labelledby': id },
    element('form', { method: 'dialog' }, element('h2', { id }, title), ...body,
      element('div', { className: 'buttons' }, no, yes)));
  document.body.append(dialog);
  ready?.(yes);
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue === 'yes');
    });
    dialog.showModal();
    (first ?? no).focus();
  });
}

// Something to look at; a click or Escape closes it.
export function present(label, content) {
  const dialog = element('dialog', { className: 'present', ariaLabel: label },
    element('form', { method: 'dialog' }, content, element('button', { type: 'submit', className: 'dark' }, 'Close')));
  dialog.addEventListener('close', () => dialog.remove());
  dialog.addEventListener('click', (event) => event.target === dialog && dialog.close());
  document.body.append(dialog);
  dialog.showModal();
}
