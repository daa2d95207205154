// The files on their way to the server: a few at once, the rest in line, each with what became of it.

import { Gate } from './gate.js';
import { isDicom, store } from './stow.js';

const AT_ONCE = 3;
const NOT_DICOM = 'Not a DICOM file. Scanner files are brought in with: tessera import';

export class Uploads {
  // onchange(item): the item is new, went on or is done. onidle(): all are done.
  constructor(onchange, onidle) {
    this.onchange = onchange;
    this.onidle = onidle;
    this.gate = new Gate(AT_ONCE);
    this.clear();
  }

  clear() {
    this.counts = { waiting: 0, sending: 0, stored: 0, known: 0, failed: 0, cancelled: 0 };
    this.abort = new AbortController();
  }

  get busy() {
    return this.counts.waiting + this.counts.sending > 0;
  }

  add(file) {
    const item = { file, name: file.name, state: 'waiting', share: 0, text: 'Waiting', abort: new AbortController() };
    this.abort.signal.addEventListener('abort', () => item.abort.abort(), { once: true });
    ++this.counts.waiting;
    this.onchange(item);
    this.gate.run(() => this.send(item), item.abort.signal)
      .catch((error) => this.settle(item, item.abort.signal.aborted ? 'cancelled' : 'failed',
        item.abort.signal.aborted ? 'Called off.' : error.message))
      .finally(() => this.busy || this.onidle());
  }

  async send(item) {
    this.settle(item, 'sending', 'Sending');
    if (!await isDicom(item.file)) {
      this.settle(item, 'failed', NOT_DICOM);
      return;
    }
    const { state, text } = await store(item.file, (share) => {
      item.share = share;
      item.text = share < 1 ? `${Math.floor(share * 100)} %` : 'Being stored';
      this.onchange(item);
    }, item.abort.signal);
    this.settle(item, state, text);
  }

  settle(item, state, text) {
    --this.counts[item.state];
    ++this.counts[state];
    Object.assign(item, { state, text });
    this.onchange(item);
  }

  cancelAll() {
    this.abort.abort();
    this.abort = new AbortController();
  }
}
