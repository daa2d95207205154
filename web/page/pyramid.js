// From a series' images to what can be drawn: levels of tiles, largest first, and where each tile's frame is.

import { first, values } from './values.js';
import { frameFinder, optics } from './tiling.js';

const TAG = {
  imageType: '00080008', sop: '00080018', rows: '00280010', columns: '00280011', frames: '00280008',
  width: '00480006', height: '00480007', shared: '52009229', measures: '00289110', spacing: '00280030',
  samples: '00280002', photometric: '00280004', planar: '00280006', bits: '00280100', optical: '00480105',
  power: '00480112', syntaxes: '00083002', concatenation: '00209161', offset: '00209228', part: '00209162',
};

// The codecs that browsers have, and names for those they lack. An image whose rows tell no syntax is tried.
const NATIVE_OR_JPEG = /^1\.2\.840\.10008\.1\.2(\.1|\.4\.5[01])?$/;
const CODECS = [[/\.4\.(90|91|92|93)$/, 'JPEG 2000'], [/\.4\.20[123]$/, 'HTJ2K'], [/\.4\.8[01]$/, 'JPEG-LS'],
  [/\.4\.11[012]$/, 'JPEG XL'], [/\.4\.(57|70)$/, 'lossless JPEG'], [/\.1\.2\.5$/, 'RLE']];

function unshowable(syntax) {
  if (syntax === undefined || NATIVE_OR_JPEG.test(syntax)) {
    return '';
  }
  return CODECS.find(([pattern]) => pattern.test(syntax))?.[1] ?? `transfer syntax ${syntax}`;
}

// The version in a BulkDataURI makes frames cacheable for good.
function version(instance) {
  const uris = Object.values(instance).map((value) => value.BulkDataURI).filter(Boolean);
  return /\?v=(\d+)/.exec(uris[0] ?? JSON.stringify(instance[TAG.optical] ?? ''))?.[1] ?? '';
}

// A concatenation's parts are one image; every other instance is an image by itself.
function images(instances) {
  const found = new Map();
  for (const instance of instances) {
    const key = first(instance, TAG.concatenation) ?? first(instance, TAG.sop);
    found.set(key, [...(found.get(key) ?? []), instance]);
  }
  return [...found.values()].map((parts) => parts
    .sort((a, b) => (first(a, TAG.part) ?? 0) - (first(b, TAG.part) ?? 0)));
}

// Where each part's frames begin among those of the whole.
function partTable(instances) {
  let next = 0;
  return instances.map((instance) => {
    const offset = first(instance, TAG.offset) ?? next;
    const frames = first(instance, TAG.frames) ?? 1;
    next = offset + frames;
    return { sop: first(instance, TAG.sop), offset, frames, version: version(instance) };
  });
}

function level(instances) {
  const [instance] = instances;
  const tileWidth = first(instance, TAG.columns);
  const tileHeight = first(instance, TAG.rows);
  const width = first(instance, TAG.width) ?? tileWidth;
  const height = first(instance, TAG.height) ?? tileHeight;
  const spacing = values(first(first(instance, TAG.shared), TAG.measures), TAG.spacing);
  const parts = partTable(instances);
  const made = {
    kind: values(instance, TAG.imageType)[2], parts, sop: parts[0].sop,
    width, height, tileWidth, tileHeight,
    columns: Math.ceil(width / tileWidth), rows: Math.ceil(height / tileHeight),
    samples: first(instance, TAG.samples) ?? 3,
    photometric: first(instance, TAG.photometric) ?? 'RGB',
    planar: first(instance, TAG.planar) === 1,
    bits: first(instance, TAG.bits) ?? 8,
    millimetresPerPixel: spacing[1] ?? spacing[0],
    power: first(first(instance, TAG.optical), TAG.power),
    codec: unshowable(first(instance, TAG.syntaxes)),
    ...optics(instances),
  };
  const find = frameFinder(instances, made);
  made.drawable = tileWidth > 0 && tileHeight > 0 && find !== null && made.codec === '';
  // The instance and frame number at a column and row; nothing where a sparse slide has no tile.
  made.frameAt = (column, row) => {
    const index = find(column, row);
    const part = index < 0 ? undefined : parts.findLast((one) => one.offset <= index);
    return part && index < part.offset + part.frames ?
      { sop: part.sop, number: index - part.offset + 1, version: part.version } : null;
  };
  return made;
}

// VOLUME images by size, none twice; what stands beside them; and sentences about what is not shown.
export function readSlide(instances) {
  const all = images(instances).map(level);
  const volumes = all.filter((one) => one.kind === 'VOLUME').sort((a, b) => b.width - a.width);
  const drawable = volumes.filter((one) => one.drawable);
  const levels = drawable.filter((one, index) => index === 0 || one.width !== drawable[index - 1].width);
  const notes = [];
  if (volumes.some((one) => one.paths > 1) || levels.length < drawable.length) {
    notes.push('It was imaged along several optical paths; the first is shown.');
  }
  if (volumes.some((one) => one.planes > 1)) {
    notes.push('It was imaged at several focal planes; the middle one is shown.');
  }
  const codecs = new Set(volumes.map((one) => one.codec).filter(Boolean));
  if (codecs.size > 0) {
    notes.push(`It is compressed as ${[...codecs].join(', ')}, which browsers cannot show.`);
  }
  if (volumes.some((one) => !one.drawable && one.codec === '')) {
    notes.push('Some of its levels have tiles that lie on no grid, or frames without a position: they are left out.');
  }
  const beside = (kind) => all.filter((one) => one.kind === kind && one.drawable);
  return {
    levels, notes, images: volumes.length, codecs: codecs.size,
    labels: beside('LABEL'), overviews: beside('OVERVIEW'), thumbnails: beside('THUMBNAIL'),
  };
}
