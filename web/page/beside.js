// What was photographed beside the tissue: the label and the overview. They carry what identifies a patient, so one
// click hides them, for as long as this tab is open.

import { button, element } from './dom.js';
import { present } from './dialog.js';
import { drawPicture } from './picture.js';

const KEY = 'tessera-labels-hidden';
const SMALL = 260;
const LARGE = 1400;

function enlarge(name, study, series, level) {
  const canvas = element('canvas', { width: 1, height: 1 });
  present(name, canvas);
  drawPicture(canvas, study, series, level, LARGE).catch((error) =>
    canvas.replaceWith(element('p', {}, error.message)));
}

function figure(name, study, series, level) {
  const canvas = element('canvas', { width: 1, height: 1 });
  const opener = button(canvas, () => enlarge(name, study, series, level),
    { className: 'enlarge', ariaLabel: `${name}, show it larger`, title: 'Show it larger' });
  drawPicture(canvas, study, series, level, SMALL).then(() => opener.classList.add('drawn')).catch((error) =>
    opener.replaceWith(element('p', { className: 'problem' }, error.message)));
  return element('figure', {}, opener, element('figcaption', {}, name));
}

// A section for the panel, and what hides and shows it; no section when there is nothing to show.
export function besideSlide(study, series, { labels, overviews }) {
  const pictures = [...overviews.map((level) => ['Overview', level]), ...labels.map((level) => ['Label', level])];
  if (pictures.length === 0) {
    return { section: null, toggle: () => {} };
  }
  const figures = element('div', { className: 'figures' });
  const switcher = button('', () => toggle(), { className: 'dark small' });
  const update = () => {
    const hidden = sessionStorage.getItem(KEY) === 'yes';
    switcher.textContent = hidden ? 'Show label' : 'Hide label';
    switcher.ariaPressed = String(hidden);
    // Hidden pictures leave the page, so that no screenshot or look at its parts finds them.
    figures.replaceChildren(...(hidden ? [] : pictures.map(([name, level]) => figure(name, study, series, level))));
  };
  const toggle = () => {
    sessionStorage.setItem(KEY, sessionStorage.getItem(KEY) === 'yes' ? 'no' : 'yes');
    update();
  };
  update();
  return { section: element('section', { className: 'beside', ariaLabel: 'Label and overview' }, switcher, figures), toggle };
}
