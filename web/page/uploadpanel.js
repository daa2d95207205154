// The panel of uploads, and the two ways files come in: chosen or dropped anywhere on the page.

import { button, element } from './dom.js';
import { filesOf } from './dropped.js';
import { Uploads } from './uploads.js';
import { counted } from './values.js';

const MAX_DONE = 60; // rows of files that went well; failures all stay

function summaryOf({ waiting, sending, stored, known, failed, cancelled }) {
  const left = waiting + sending;
  return [left ? `${counted(left, 'file')} to go` : '', stored ? `${stored} stored` : '',
    known ? `${known} already here` : '', failed ? `${failed} failed` : '', cancelled ? `${cancelled} called off` : '']
    .filter(Boolean).join(', ') || 'Looking for files…';
}

class Panel {
  constructor(onstored) {
    this.rows = new Map();
    this.uploads = new Uploads((item) => this.change(item), () => this.idle(onstored));
    this.status = element('p', { role: 'status' });
    this.list = element('ul');
    this.cancel = button('Cancel all', () => this.uploads.cancelAll(), { className: 'small' });
    this.root = element('section', { className: 'uploads', ariaLabel: 'Uploads', hidden: true },
      element('header', {}, element('h2', {}, 'Uploads'), this.cancel,
        this.closer = button('Close', () => this.close(), { className: 'small' })), this.status, this.list);
    document.body.append(this.root);
  }

  async add(files) {
    this.root.hidden = false;
    this.summarize();
    try {
      for await (const file of files) {
        this.uploads.add(file);
      }
    } catch (error) {
      this.list.prepend(element('li', { className: 'failed' }, `A dropped folder cannot be read: ${error.message}`));
    }
    this.summarize();
  }

  change(item) {
    if (item.state !== 'waiting') {
      const row = this.rows.get(item) ?? this.addRow(item);
      row.bar.value = item.share;
      row.text.textContent = item.text;
      if (item.state !== 'sending') {
        this.finish(item, row);
      }
    }
    this.summarize();
  }

  // A file has a row from when it is its turn: a folder of thousands does not fill the page.
  addRow(item) {
    const bar = element('progress', { max: 1, value: 0, ariaLabel: `Progress of ${item.name}` });
    const text = element('span', { className: 'outcome' });
    const cancel = button('Cancel', () => item.abort.abort(), { className: 'small', ariaLabel: `Cancel ${item.name}` });
    const root = element('li', {}, element('span', { className: 'name', title: item.name }, item.name), cancel, bar, text);
    this.list.prepend(root);
    this.rows.set(item, { root, bar, text, cancel });
    return this.rows.get(item);
  }

  finish(item, row) {
    row.root.className = item.state;
    row.bar.remove();
    row.cancel.remove();
    this.rows.delete(item);
    [...this.list.querySelectorAll('.stored, .known, .cancelled')].slice(MAX_DONE).forEach((old) => old.remove());
  }

  summarize() {
    this.status.textContent = summaryOf(this.uploads.counts);
    this.cancel.hidden = !this.uploads.busy;
    this.closer.hidden = this.uploads.busy;
  }

  idle(onstored) {
    this.summarize();
    if (this.uploads.counts.stored > 0) {
      onstored();
    }
  }

  close() {
    this.root.hidden = true;
    this.list.replaceChildren();
    this.uploads.clear();
  }
}

function acceptDrops(panel) {
  const veil = element('div', { className: 'veil', hidden: true }, 'Drop DICOM files or folders to add them');
  document.body.append(veil);
  const isFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes('Files');
  window.addEventListener('dragover', (event) => {
    if (isFiles(event)) {
      event.preventDefault();
      event.dataTransfer.dropEffect = 'copy';
      veil.hidden = false;
    }
  });
  window.addEventListener('dragleave', (event) => {
    veil.hidden = veil.hidden || event.relatedTarget === null;
  });
  window.addEventListener('drop', (event) => {
    if (isFiles(event)) {
      event.preventDefault();
      veil.hidden = true;
      panel.add(filesOf(event.dataTransfer));
    }
  });
}

// onstored() is called when all files in line are done and some were stored. Returns choose(): the file dialog.
export function openUploads(onstored) {
  const panel = new Panel(onstored);
  acceptDrops(panel);
  const picker = element('input', { type: 'file', multiple: true, hidden: true, id: 'picker', onchange: () => {
    panel.add([...picker.files]);
    picker.value = '';
  } });
  document.body.append(picker);
  window.addEventListener('beforeunload', (event) => panel.uploads.busy && event.preventDefault());
  return { choose: () => picker.click() };
}
