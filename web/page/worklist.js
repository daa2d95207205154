// The slides, newest first, each with what a lab looks for: whose, which block, when, and a picture.

import { day, first, personName, searchSlides, seriesMetadata } from './dicomweb.js';
import { element, notice } from './dom.js';
import { readPyramid } from './pyramid.js';
import { drawThumbnail } from './thumbnail.js';

const PAGE = 24;

function describe(pyramid) {
  const base = pyramid[0];
  const parts = [`${base.width.toLocaleString()} × ${base.height.toLocaleString()} px`];
  if (base.power) {
    parts.unshift(`${base.power}×`);
  }
  return parts.join(' · ');
}

async function fill(card, study, series) {
  const canvas = card.querySelector('canvas');
  try {
    const instances = await seriesMetadata(study, series);
    const pyramid = readPyramid(instances);
    const specimen = first(first(instances[0], '00400560'), '00400551');
    card.querySelector('.container').textContent = first(instances[0], '00400512') ?? specimen ?? '';
    if (pyramid.length === 0) {
      throw new Error('This series has no whole-slide image.');
    }
    card.querySelector('.size').textContent = describe(pyramid);
    await drawThumbnail(canvas, study, series, pyramid);
    card.classList.add('drawn');
  } catch (error) {
    canvas.replaceWith(element('span', { className: 'no-picture' }, error.message));
  }
}

function card(row, seen) {
  const study = first(row, '0020000D');
  const series = first(row, '0020000E');
  const patient = personName(row, '00100010') || 'No patient name';
  const link = element('a', { className: 'card', href: `#/slide/${study}/${series}` },
    element('span', { className: 'picture' }, element('canvas', { width: 1, height: 1 })),
    element('span', { className: 'patient' }, patient),
    element('span', { className: 'ids' }, [first(row, '00100020'), first(row, '00080050'), day(row, '00080020')]
      .filter(Boolean).join(' · ')),
    element('span', { className: 'container' }),
    element('span', { className: 'size' }));
  link.dataset.study = study;
  link.dataset.series = series;
  seen.observe(link);
  return link;
}

export async function showWorklist(view) {
  // Pictures are fetched for what is on the screen, or nearly so.
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries.filter((one) => one.isIntersecting)) {
      seen.unobserve(entry.target);
      fill(entry.target, entry.target.dataset.study, entry.target.dataset.series);
    }
  }, { rootMargin: '300px' });
  const grid = element('div', { className: 'grid' });
  const more = element('button', { className: 'more', type: 'button', hidden: true }, 'Show more');
  let offset = 0;
  const load = async () => {
    more.disabled = true;
    const rows = await searchSlides(PAGE, offset);
    offset += rows.length;
    grid.append(...rows.map((row) => card(row, seen)));
    more.hidden = rows.length < PAGE;
    more.disabled = false;
  };
  await load();
  more.addEventListener('click', load);
  const empty = offset === 0 ? notice('No slides yet. Bring some in with: tessera import PATH') : null;
  view.replaceChildren(...[
    element('header', { className: 'bar' }, element('h1', {}, 'Tessera'), element('span', { className: 'quiet' }, 'Slides')),
    empty, grid, more].filter(Boolean));
}
