// One file to the server (STOW-RS, one part), with progress; what became of it in words.

import { SERVICE } from './dicomweb.js';
import { authorization, notAllowed, signIn, unknownCaller } from './session.js';
import { first, values } from './values.js';

// Failure reasons (PS3.18 table I.2-2) that the server gives without a comment of its own.
const REASONS = {
  272: 'The server could not read it.',
  42752: 'The server has no space left.',
  43264: 'It is not valid.',
  43265: 'It belongs to another study.',
  45070: 'Already stored here.',
  45071: 'Somebody else is storing it right now.',
};
const ALREADY_STORED = 45070;
const MARK_AT = 128;

export async function isDicom(file) {
  const mark = await file.slice(MARK_AT, MARK_AT + 4).text();
  return mark === 'DICM';
}

function failure(status, text) {
  let answer;
  try {
    answer = JSON.parse(text);
  } catch {
    answer = null;
  }
  const item = first(answer, '00081198');
  if (item) {
    const reason = first(item, '00081197');
    const attributes = values(item, '00741048').map((one) => first(one, '00000902')).filter(Boolean);
    return {
      state: reason === ALREADY_STORED ? 'known' : 'failed',
      text: reason === ALREADY_STORED ? REASONS[reason] :
        [first(item, '00000902') ?? REASONS[reason] ?? `Reason ${reason}.`, ...attributes].join(' · '),
    };
  }
  if (status === 403) {
    return { state: 'failed', text: `${notAllowed('storing')}: ${text.trim()}.` };
  }
  return { state: 'failed', text: text.trim() || `The server answered ${status}.` };
}

function post(file, onprogress, signal) {
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    xhr.open('POST', `${SERVICE}/studies`);
    xhr.setRequestHeader('Content-Type', 'application/dicom');
    xhr.setRequestHeader('Accept', 'application/dicom+json');
    Object.entries(authorization()).forEach(([name, value]) => xhr.setRequestHeader(name, value));
    xhr.upload.onprogress = (event) => event.lengthComputable && onprogress(event.loaded / event.total);
    xhr.onload = () => resolve(xhr);
    xhr.onerror = () => reject(new Error('The connection broke, or the file cannot be read any more.'));
    xhr.onabort = () => reject(new Error('Called off.'));
    signal.addEventListener('abort', () => xhr.abort(), { once: true });
    xhr.send(file);
  });
}

// Resolves with { state: stored | known | failed, text }. Rejects when the connection breaks or the signal says so.
export async function store(file, onprogress, signal) {
  let xhr = await post(file, onprogress, signal);
  for (let times = 0; xhr.status === 401 && !signal.aborted && await signIn(times); ++times) {
    xhr = await post(file, onprogress, signal);
  }
  if (xhr.status === 401) {
    return { state: 'failed', text: unknownCaller() };
  }
  return xhr.status === 200 || xhr.status === 202 ? { state: 'stored', text: 'Stored.' } :
    failure(xhr.status, xhr.responseText);
}
