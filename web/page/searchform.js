// The search form: one field per attribute that the list can be narrowed by. Submitting changes the address.

import { listAddress, SEARCH_FIELDS } from './address.js';
import { button, element } from './dom.js';

const FIELDS = {
  name: { label: 'Patient name', placeholder: 'Doe Jane', type: 'search' },
  id: { label: 'Patient ID', placeholder: 'begins with', type: 'search' },
  accession: { label: 'Accession', placeholder: 'begins with', type: 'search' },
  slide: { label: 'Slide', placeholder: 'begins with', type: 'search' },
  from: { label: 'Study date from', type: 'date' },
  to: { label: 'Study date to', type: 'date' },
};

function field(name, search) {
  const { label, placeholder = '', type } = FIELDS[name];
  const id = `search-${name}`;
  return element('div', { className: 'field' }, element('label', { htmlFor: id }, label),
    element('input', { id, name, type, placeholder, value: search[name] ?? '', autocomplete: 'off', maxLength: 64 }));
}

export function searchForm(search) {
  const go = (wanted) => {
    location.hash = listAddress(wanted);
  };
  const form = element('form', {
    className: 'search', role: 'search', ariaLabel: 'Search slides',
    onsubmit: (event) => {
      event.preventDefault();
      go(Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, value.trim()])
        .filter(([, value]) => value !== '')));
    },
  }, ...SEARCH_FIELDS.map((name) => field(name, search)),
  element('div', { className: 'actions' }, element('button', { type: 'submit', className: 'primary' }, 'Search'),
    button('Clear', () => go({}), { disabled: Object.keys(search).length === 0 })));
  return form;
}
