// True sizes on the screen: the scale bar, and the magnification as an objective would have it.

import { button, element } from './dom.js';

const LONGEST = 160; // CSS pixels
const MICROMETRES_AT_ONE = 10; // by convention 1× shows 10 µm a pixel, 40× 0.25 µm. A pixel is a CSS pixel: a dense
// screen shows the same picture, only sharper.
const PRESETS = [1, 5, 10, 20, 40];

// The viewport's zoom at which a magnification is shown.
function zoomFor(viewer, base, magnification) {
  return viewer.viewport.imageToViewportZoom((base.millimetresPerPixel * 1000 * magnification) / MICROMETRES_AT_ONE);
}

// Micrometres a CSS pixel, now.
function resolution(viewer, base) {
  const zoom = viewer.viewport.viewportToImageZoom(viewer.viewport.getZoom(true)); // screen pixels per slide pixel
  return (base.millimetresPerPixel * 1000) / zoom;
}

// The longest of 1, 2, 5 times a power of ten that fits.
export function roundLength(micrometresPerPixel) {
  const unit = 10 ** Math.floor(Math.log10(LONGEST * micrometresPerPixel));
  return unit * [5, 2, 1].find((step) => unit * step <= LONGEST * micrometresPerPixel * (1 + 1e-9));
}

function lengthText(micrometres) {
  if (micrometres >= 1000) {
    return `${micrometres / 1000} mm`;
  }
  return micrometres >= 1 ? `${micrometres} µm` : `${Number((micrometres * 1000).toPrecision(1))} nm`;
}

export function magnificationText(magnification) {
  return `${magnification >= 10 ? magnification.toFixed(0) : Number(magnification.toPrecision(2))}×`;
}

export function scaleBar(viewer, base) {
  const label = element('span');
  const line = element('span', { className: 'line' });
  const update = () => {
    const perPixel = resolution(viewer, base);
    const length = roundLength(perPixel);
    line.style.width = `${length / perPixel}px`;
    label.textContent = lengthText(length);
  };
  viewer.addHandler('update-viewport', update);
  update();
  return element('div', { className: 'scale', role: 'img', ariaLabel: 'Scale bar' }, line, label);
}

export function zoomToMagnification(viewer, base, magnification) {
  viewer.viewport.zoomTo(zoomFor(viewer, base, magnification)).applyConstraints();
}

// The read-out and a button for each usual magnification that the slide can be shown at.
export function magnifier(viewer, base) {
  const readout = element('output', { className: 'readout', ariaLabel: 'Magnification' });
  const buttons = PRESETS.map((preset) => button(`${preset}×`, () => zoomToMagnification(viewer, base, preset),
    { title: `Show at ${preset}×` }));
  const isInReach = (preset) => {
    const zoom = zoomFor(viewer, base, preset);
    return zoom >= viewer.viewport.getMinZoom() * 0.99 && zoom <= viewer.viewport.getMaxZoom() * 1.01;
  };
  const update = () => {
    const now = MICROMETRES_AT_ONE / resolution(viewer, base);
    const text = magnificationText(now);
    if (readout.value !== text) {
      readout.value = text;
    }
    // Each time: an animation goes on by less than the read-out shows, and ends at the preset all the same.
    buttons.forEach((one, index) => {
      one.ariaPressed = String(Math.abs(now / PRESETS[index] - 1) < 0.01);
      one.disabled = !isInReach(PRESETS[index]);
    });
  };
  viewer.addHandler('update-viewport', update);
  update();
  return { readout, buttons, presets: PRESETS };
}
