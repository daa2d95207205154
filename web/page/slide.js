// One slide: pan and zoom by OpenSeadragon over this server's frames, and beside it whose slide it is.

import { day, first, personName, seriesMetadata } from './dicomweb.js';
import { element, fact } from './dom.js';
import { tile } from './frames.js';
import { readPyramid } from './pyramid.js';

// OpenSeadragon counts levels from the smallest up; sizes and ratios are the slide's own.
function tileSource(study, series, pyramid) {
  const levels = [...pyramid].reverse();
  const base = pyramid[0];
  const source = new OpenSeadragon.TileSource({
    width: base.width, height: base.height, minLevel: 0, maxLevel: levels.length - 1,
    tileWidth: base.tileWidth, tileHeight: base.tileHeight,
  });
  source.getLevelScale = (number) => levels[number].width / base.width;
  source.getTileWidth = (number) => levels[number].tileWidth;
  source.getTileHeight = (number) => levels[number].tileHeight;
  source.getNumTiles = (number) => new OpenSeadragon.Point(levels[number].columns, levels[number].rows);
  source.getTileUrl = (number, column, row) => `${levels[number].sop}/${column}/${row}`;
  source.getTileHashKey = (number, column, row) => `${study}/${series}/${levels[number].sop}/${column}/${row}`;
  source.downloadTileStart = (job) => {
    const abort = new AbortController();
    job.userData.abort = abort;
    const { level, x, y } = job.tile;
    tile(study, series, levels[level], x, y, abort.signal)
      .then((context) => job.finish(context, null, 'context2d'))
      .catch((error) => (job.fail ? job.fail(error.message, null) : job.finish(null, null, error.message)));
  };
  source.downloadTileAbort = (job) => job.userData.abort?.abort();
  return source;
}

function facts(instance, pyramid) {
  const base = pyramid[0];
  const specimen = first(instance, '00400560');
  const micrometres = base.millimetresPerPixel ? `${(base.millimetresPerPixel * 1000).toPrecision(3)} µm per pixel` : '';
  return element('dl', {},
    ...fact('Patient', personName(instance, '00100010')),
    ...fact('Patient ID', first(instance, '00100020')),
    ...fact('Born', day(instance, '00100030')),
    ...fact('Accession', first(instance, '00080050')),
    ...fact('Study', first(instance, '00081030')),
    ...fact('Date', day(instance, '00080020')),
    ...fact('Slide', first(instance, '00400512')),
    ...fact('Specimen', first(specimen, '00400551')),
    ...fact('Description', first(specimen, '00400600')),
    ...fact('Scanner', [first(instance, '00080070'), first(instance, '00081090')].filter(Boolean).join(' ')),
    ...fact('Objective', base.power ? `${base.power}×` : ''),
    ...fact('Resolution', micrometres),
    ...fact('Size', `${base.width.toLocaleString()} × ${base.height.toLocaleString()} px`),
    ...fact('Levels', String(pyramid.length)));
}

// The scale bar: a round length between 60 and 160 screen pixels.
function scaleBar(viewer, base) {
  const label = element('span');
  const line = element('span', { className: 'line' });
  const bar = element('div', { className: 'scale', ariaHidden: 'true' }, line, label);
  const update = () => {
    const zoom = viewer.viewport.viewportToImageZoom(viewer.viewport.getZoom(true)); // screen pixels per slide pixel
    const micrometresPerPixel = (base.millimetresPerPixel * 1000) / zoom;
    let length = 10 ** Math.floor(Math.log10(160 * micrometresPerPixel));
    length *= [5, 2, 1].find((step) => (length * step) / micrometresPerPixel <= 160) ?? 1;
    line.style.width = `${length / micrometresPerPixel}px`;
    label.textContent = length >= 1000 ? `${length / 1000} mm` : `${length} µm`;
  };
  viewer.addHandler('update-viewport', update);
  return bar;
}

function controls(viewer) {
  const button = (label, title, onclick) => element('button', { type: 'button', title, ariaLabel: title, onclick }, label);
  return element('div', { className: 'controls' },
    button('+', 'Zoom in', () => viewer.viewport.zoomBy(2).applyConstraints()),
    button('−', 'Zoom out', () => viewer.viewport.zoomBy(0.5).applyConstraints()),
    button('Whole', 'Show the whole slide', () => viewer.viewport.goHome()),
    button('1:1', 'One slide pixel per screen pixel',
      () => viewer.viewport.zoomTo(viewer.viewport.imageToViewportZoom(1 / devicePixelRatio))));
}

// Returns what to call when the view is left.
export async function showSlide(view, study, series) {
  const instances = await seriesMetadata(study, series);
  const pyramid = readPyramid(instances);
  if (pyramid.length === 0) {
    throw new Error('This series has no whole-slide image to show.');
  }
  const stage = element('div', { className: 'stage', id: 'stage', tabIndex: 0, ariaLabel: 'Slide' });
  const frame = element('div', { className: 'frame' }, stage);
  const problem = element('p', { className: 'problem', hidden: true });
  view.replaceChildren(element('div', { className: 'slide' }, frame,
    element('aside', {}, element('a', { href: '#/', className: 'back' }, '‹ All slides'),
      facts(instances[0], pyramid), problem)));
  const viewer = OpenSeadragon({
    element: stage, tileSources: tileSource(study, series, pyramid), drawer: 'canvas',
    showNavigationControl: false, showNavigator: true, navigatorPosition: 'BOTTOM_RIGHT',
    navigatorBackground: '#f4f2f6', navigatorBorderColor: '#c9c2cf', navigatorDisplayRegionColor: '#7a3f8f',
    maxZoomPixelRatio: 4, minZoomImageRatio: 0.8, visibilityRatio: 0.4, animationTime: 0.6, springStiffness: 9,
    imageLoaderLimit: 12, maxImageCacheCount: 600, placeholderFillStyle: '#eceaee', crossOriginPolicy: false,
  });
  viewer.addHandler('tile-load-failed', (event) => {
    problem.hidden = false;
    problem.textContent = `Some tiles cannot be shown: ${event.message}`;
  });
  frame.append(controls(viewer));
  if (pyramid[0].millimetresPerPixel) {
    viewer.addOnceHandler('open', () => frame.append(scaleBar(viewer, pyramid[0])));
  }
  window.tesseraViewer = viewer; // for the console, and for the browser test
  return () => viewer.destroy();
}
