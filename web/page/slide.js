// One slide: the picture, and beside it whose slide it is, its label, and what can be done with it.

import { listAddress } from './address.js';
import { besideSlide } from './beside.js';
import { deleteAfterAsking } from './deletion.js';
import { seriesImages, seriesMetadata } from './dicomweb.js';
import { button, element } from './dom.js';
import { slideFacts, slideTitle } from './facts.js';
import { readSlide } from './pyramid.js';
import { first } from './values.js';
import { controls, openViewer } from './viewer.js';

const MAX_LISTED_FRAMES = 400000; // positions of more frames are more metadata than a browser's memory is for

async function loadImages(study, series) {
  const rows = await seriesImages(study, series);
  const listed = rows.filter((row) => first(row, '00209311') !== 'TILED_FULL')
    .reduce((sum, row) => sum + (first(row, '00280008') ?? 1), 0);
  if (listed > MAX_LISTED_FRAMES) {
    throw new Error(`Each of this slide's ${listed.toLocaleString('en')} tiles has a position of its own: too many ` +
      'for this page. Other viewers may show it.');
  }
  const syntaxes = new Map(rows.map((row) => [first(row, '00080018'), row['00083002']]));
  const instances = await seriesMetadata(study, series);
  return instances.map((instance) => ({ ...instance, '00083002': syntaxes.get(first(instance, '00080018')) }));
}

function deletion(label, address, onchange, problem, ofStudy) {
  return button(label, async () => {
    try {
      if (await deleteAfterAsking(address.study, ofStudy ? '' : address.series)) {
        onchange();
        location.hash = listAddress(address.search);
      }
    } catch (error) {
      problem.hidden = false;
      problem.textContent = `Nothing was deleted. ${error.message}`;
    }
  }, { className: 'dark danger small' });
}

function panel(address, onchange, instances, slide, beside, problem) {
  return element('aside', { id: 'details', ariaLabel: 'About this slide' },
    problem, beside.section, ...(slide.levels.length > 0 ? slide.notes : []).map((note) => element('p', { className: 'note' }, note)),
    slideFacts(instances[0], slide.levels),
    element('p', { className: 'keys' }, 'Keys: arrows move · + − zoom · 0 fit · 1–5 magnify · R turn · L label'),
    element('div', { className: 'deletions' }, deletion('Delete slide…', address, onchange, problem, false),
      deletion('Delete study…', address, onchange, problem, true)));
}

// What there is to see comes first: on a narrow screen that is the slide, where there is one.
function header(address, title, aside, drawable) {
  const toggle = button('Details', () => {
    aside.hidden = !aside.hidden;
    toggle.ariaExpanded = String(!aside.hidden);
  }, { className: 'dark small', 'aria-controls': 'details' });
  aside.hidden = drawable && matchMedia('(max-width: 720px)').matches;
  toggle.ariaExpanded = String(!aside.hidden);
  return element('header', { className: 'topbar' },
    element('a', { href: listAddress(address.search), className: 'back' }, '‹ All slides'),
    element('h1', {}, title), toggle);
}

// Returns what to call when the view is left. onchange is called when something was deleted.
export async function showSlide(view, address, onchange) {
  const { study, series } = address;
  const instances = await loadImages(study, series);
  const slide = readSlide(instances);
  const stage = element('div', { className: 'stage', id: 'stage' });
  const frame = element('div', { className: 'frame' }, stage);
  const problem = element('p', { className: 'problem', role: 'alert', hidden: true });
  const beside = besideSlide(study, series, slide);
  const aside = panel(address, onchange, instances, slide, beside, problem);
  const title = slideTitle(instances[0]);
  document.title = `${title} – Tessera`;
  view.replaceChildren(element('div', { className: 'slide' }, header(address, title, aside, slide.levels.length > 0), frame, aside));
  if (slide.levels.length === 0) {
    stage.replaceWith(element('div', { className: 'notice' },
      element('p', {}, 'This series has no whole-slide image that this page can show.'),
      ...slide.notes.map((note) => element('p', {}, note))));
    return () => {};
  }
  const viewer = openViewer(stage, study, series, slide.levels);
  viewer.addHandler('tile-load-failed', (event) => {
    if (event.message && !/abort/i.test(event.message)) {
      problem.hidden = false;
      problem.textContent = `Some tiles cannot be shown. ${event.message}`;
      aside.hidden = false;
    }
  });
  viewer.addOnceHandler('open', () => {
    frame.append(...controls(viewer, slide.levels[0], beside.toggle));
    viewer.canvas.focus({ preventScroll: true, focusVisible: false });
  });
  window.tesseraViewer = viewer; // for the console, and for the browser test
  return () => viewer.destroy();
}
