// Whose slide it is and how it was made, as a description list.

import { element, fact } from './dom.js';
import { day, first, personName } from './values.js';

function resolution(base) {
  return base?.millimetresPerPixel ? `${(base.millimetresPerPixel * 1000).toPrecision(3)} µm per pixel` : '';
}

export function slideFacts(instance, levels) {
  const base = levels[0];
  const specimen = first(instance, '00400560');
  return element('dl', {},
    ...fact('Patient', personName(instance, '00100010')),
    ...fact('Patient ID', first(instance, '00100020')),
    ...fact('Born', day(instance, '00100030')),
    ...fact('Accession', first(instance, '00080050')),
    ...fact('Study', first(instance, '00081030')),
    ...fact('Study date', day(instance, '00080020')),
    ...fact('Slide', first(instance, '00400512')),
    ...fact('Series', first(instance, '0008103E')),
    ...fact('Specimen', first(specimen, '00400551')),
    ...fact('Description', first(specimen, '00400600')),
    ...fact('Scanner', [first(instance, '00080070'), first(instance, '00081090')].filter(Boolean).join(' ')),
    ...fact('Objective', base?.power ? `${base.power}×` : ''),
    ...fact('Resolution', resolution(base)),
    ...fact('Size', base ? `${base.width.toLocaleString('en')} × ${base.height.toLocaleString('en')} px` : ''),
    ...fact('Levels', base ? String(levels.length) : ''));
}

// One line that tells this slide from others, for headings and titles.
export function slideTitle(instance) {
  return [first(instance, '00400512'), personName(instance, '00100010')].filter(Boolean).join(' · ') || 'Slide';
}
