// Deleting a slide or its whole study: says what will go, and asks; for a study its word has to be typed.

import { remove, summary } from './dicomweb.js';
import { ask } from './dialog.js';
import { element } from './dom.js';
import { counted, first, personName } from './values.js';

const WORD = 'delete';

function whose(row) {
  const name = personName(row, '00100010') || 'no patient name';
  const id = first(row, '00100020');
  const accession = first(row, '00080050');
  return `Patient: ${name}${id ? ` (${id})` : ''}${accession ? `, accession ${accession}` : ''}.`;
}

function whatGoes(row, series) {
  if (series) {
    return `${counted(first(row, '00201209') ?? 0, 'image')} of this slide will be deleted.`;
  }
  return `The whole study will be deleted: ${counted(first(row, '00201206') ?? 0, 'series', 'series')} with ` +
    `${counted(first(row, '00201208') ?? 0, 'image')}.`;
}

function typedWord(yes) {
  const field = element('input', {
    id: 'delete-word', autocomplete: 'off', spellcheck: false,
    oninput: () => {
      yes.disabled = field.value.trim().toLowerCase() !== WORD;
    },
  });
  yes.disabled = true;
  return field;
}

// series: empty for the whole study. Resolves with whether it is gone.
export async function deleteAfterAsking(study, series) {
  const row = await summary(study, series);
  if (!row) {
    throw new Error('It is not stored here any more.');
  }
  const place = element('div', { className: 'typed' });
  const wanted = await ask({
    title: series ? 'Delete this slide?' : 'Delete the whole study?',
    body: [element('p', {}, whatGoes(row, series)), element('p', {}, whose(row)),
      element('p', {}, 'This cannot be undone.'), place],
    accept: series ? 'Delete slide' : 'Delete study',
    danger: true,
    ready: (yes) => series || place.append(
      element('label', { htmlFor: 'delete-word' }, `Type “${WORD}” to go on`), typedWord(yes)),
  });
  if (wanted) {
    await remove(study, series);
  }
  return wanted;
}
