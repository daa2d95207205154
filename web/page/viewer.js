// OpenSeadragon over this server's frames: the tile source, the options, and the controls around the picture.

import { button, element } from './dom.js';
import { tile } from './frames.js';
import { magnifier, scaleBar, zoomToMagnification } from './scale.js';

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

export function openViewer(stage, study, series, pyramid) {
  const viewer = OpenSeadragon({
    element: stage, tileSources: tileSource(study, series, pyramid), drawer: 'canvas',
    showNavigationControl: false, showNavigator: true, navigatorPosition: 'TOP_RIGHT', navigatorSizeRatio: 0.18,
    navigatorBackground: '#26222d', navigatorBorderColor: '#5a5266', navigatorDisplayRegionColor: '#d79be6',
    maxZoomPixelRatio: 4, minZoomImageRatio: 0.8, visibilityRatio: 0.4, animationTime: 0.6, springStiffness: 9,
    imageLoaderLimit: 12, maxImageCacheCount: 600, placeholderFillStyle: '#3a3544', crossOriginPolicy: false,
  });
  viewer.canvas.setAttribute('role', 'application');
  viewer.canvas.setAttribute('aria-label', 'Slide: arrow keys move, plus and minus zoom, 0 shows all of it');
  return viewer;
}

// Digits for magnifications; no mirroring, which would show tissue as it is not.
function keys(viewer, base, presets, toggleLabels) {
  viewer.addHandler('canvas-key', (event) => {
    const { key, ctrlKey, metaKey, altKey } = event.originalEvent;
    if (ctrlKey || metaKey || altKey) {
      return;
    }
    const preset = presets[Number(key) - 1];
    if (preset && base.millimetresPerPixel) {
      zoomToMagnification(viewer, base, preset);
    } else if (key === 'l' || key === 'L') {
      toggleLabels();
    }
    event.preventDefaultAction = event.preventDefaultAction || /^[fFjJkKlL]$/.test(key);
  });
}

// The toolbar and scale bar; call when the viewer is open.
export function controls(viewer, base, toggleLabels) {
  const { viewport } = viewer;
  const zoom = (factor) => () => viewport.zoomBy(factor).applyConstraints();
  const known = Boolean(base.millimetresPerPixel);
  const scale = known ? magnifier(viewer, base) : { readout: null, presets: [], buttons: [
    button('1:1', () => viewport.zoomTo(viewport.imageToViewportZoom(1 / devicePixelRatio)),
      { title: 'One slide pixel for each screen pixel' })] };
  keys(viewer, base, scale.presets, toggleLabels);
  const toolbar = element('div', { className: 'controls', role: 'toolbar', ariaLabel: 'Zoom' },
    element('div', { className: 'group' },
      button('−', zoom(0.5), { title: 'Zoom out', ariaLabel: 'Zoom out' }), scale.readout,
      button('+', zoom(2), { title: 'Zoom in', ariaLabel: 'Zoom in' })),
    element('div', { className: 'group' },
      button('Fit', () => viewport.goHome(), { title: 'Show the whole slide' }), ...scale.buttons),
    element('div', { className: 'group' },
      button('↻', () => viewport.setRotation(viewport.getRotation() + 90), { title: 'Turn by 90°', ariaLabel: 'Turn by 90 degrees' })));
  return known ? [toolbar, scaleBar(viewer, base)] : [toolbar];
}
