// One slide of the list: what a lab looks for, and a picture that is drawn when the card comes near the screen.

import { slideAddress } from './address.js';
import { element } from './dom.js';
import { Gate } from './gate.js';
import { drawSeries } from './picture.js';
import { day, first, personName } from './values.js';

const LONG_SIDE = 360;
const KEPT = 150; // pictures in memory; those that left the screen first go first
const gate = new Gate(4);

function describe(base) {
  const size = `${base.width.toLocaleString('en')} × ${base.height.toLocaleString('en')} px`;
  return [base.power ? `${base.power}×` : '', size].filter(Boolean).join(' · ');
}

export function makeCard(row, search) {
  const study = first(row, '0020000D');
  const series = first(row, '0020000E');
  const ids = [first(row, '00100020'), first(row, '00080050')].filter(Boolean).join(' · ');
  const about = [first(row, '00081030'), first(row, '0008103E')].filter(Boolean).join(' · ');
  const card = element('a', { className: 'card', href: slideAddress(study, series, search) },
    element('span', { className: 'picture', ariaHidden: 'true' }, element('canvas', { width: 1, height: 1 })),
    element('span', { className: 'patient' }, personName(row, '00100010') || 'No patient name'),
    element('span', { className: 'ids' }, ids || 'No patient ID'),
    element('span', { className: 'container' }, first(row, '00400512') ?? ''),
    element('span', { className: 'about' }, [day(row, '00080020'), about].filter(Boolean).join(' · ')),
    element('span', { className: 'size' }));
  Object.assign(card.dataset, { study, series });
  return card;
}

async function draw(card, signal) {
  const canvas = card.querySelector('canvas');
  const { image, base, notes } = await drawSeries(canvas, card.dataset.study, card.dataset.series, LONG_SIDE, signal);
  const specimen = first(first(image, '00400560'), '00400551');
  card.querySelector('.container').textContent = first(image, '00400512') ?? specimen ?? '';
  if (!base) {
    throw new Error(notes[0] ?? 'No whole-slide image that this page can show.');
  }
  card.querySelector('.size').textContent = describe(base);
}

function sayWhy(card, error) {
  const picture = card.querySelector('.picture');
  picture.replaceChildren(element('span', { className: 'no-picture' }, error.message));
}

// Draws the cards that are near the screen, few at a time; what scrolled away before its turn is called off.
export class Pictures {
  constructor() {
    this.drawn = new Set();
    this.running = new Map();
    this.observer = new IntersectionObserver((entries) => entries.forEach((entry) => this.seen(entry)),
      { rootMargin: '400px' });
  }

  watch(card) {
    this.observer.observe(card);
  }

  close() {
    this.observer.disconnect();
    this.running.forEach((abort) => abort.abort());
  }

  seen({ target: card, isIntersecting }) {
    if (!isIntersecting) {
      this.running.get(card)?.abort();
      this.running.delete(card);
    } else if (this.drawn.delete(card)) {
      this.drawn.add(card); // seen last
    } else if (!this.running.has(card) && card.querySelector('canvas')) {
      this.start(card);
    }
  }

  async start(card) {
    const abort = new AbortController();
    this.running.set(card, abort);
    try {
      await gate.run(() => draw(card, abort.signal), abort.signal);
      card.classList.add('drawn');
      this.drawn.add(card);
      this.letGo();
    } catch (error) {
      if (!abort.signal.aborted) {
        sayWhy(card, error);
      }
    }
    if (this.running.get(card) === abort) {
      this.running.delete(card);
    }
  }

  letGo() {
    for (const card of this.drawn) {
      if (this.drawn.size <= KEPT) {
        return;
      }
      this.drawn.delete(card);
      card.classList.remove('drawn');
      Object.assign(card.querySelector('canvas'), { width: 1, height: 1 });
    }
  }
}
