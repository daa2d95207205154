// From a series' metadata to a pyramid: levels of tiles, largest first, and the number of the frame at a column and row.

import { first, values } from './dicomweb.js';

const TAG = {
  imageType: '00080008', sop: '00080018', rows: '00280010', columns: '00280011', frames: '00280008',
  width: '00480006', height: '00480007', organization: '00209311', shared: '52009229', perFrame: '52009230',
  measures: '00289110', spacing: '00280030', position: '0048021A', left: '0048021E', top: '0048021F',
  samples: '00280002', optical: '00480105', power: '00480112', concatenation: '00209228',
};

// TILED_FULL: frames run along rows of tiles. Otherwise every frame says where it is.
function frameFinder(instance, tileWidth, tileHeight, columns) {
  const perFrame = values(instance, TAG.perFrame);
  if (first(instance, TAG.organization) === 'TILED_FULL' || perFrame.length === 0) {
    return (column, row) => row * columns + column + 1;
  }
  const places = new Map();
  perFrame.forEach((groups, index) => {
    const position = first(groups, TAG.position);
    const column = Math.floor((first(position, TAG.left) - 1) / tileWidth);
    const row = Math.floor((first(position, TAG.top) - 1) / tileHeight);
    if (!places.has(row * columns + column)) {
      places.set(row * columns + column, index + 1);
    }
  });
  return (column, row) => places.get(row * columns + column) ?? 0;
}

// The version in a BulkDataURI makes frames cacheable for good.
function version(instance) {
  return /\?v=(\d+)/.exec(JSON.stringify(instance))?.[1] ?? '';
}

function level(instance) {
  const tileWidth = first(instance, TAG.columns);
  const tileHeight = first(instance, TAG.rows);
  const width = first(instance, TAG.width) ?? tileWidth;
  const height = first(instance, TAG.height) ?? tileHeight;
  const columns = Math.ceil(width / tileWidth);
  const spacing = values(first(first(instance, TAG.shared), TAG.measures), TAG.spacing);
  return {
    sop: first(instance, TAG.sop),
    width, height, tileWidth, tileHeight, columns,
    rows: Math.ceil(height / tileHeight),
    samples: first(instance, TAG.samples) ?? 3,
    millimetresPerPixel: spacing[1] ?? spacing[0],
    power: first(first(instance, TAG.optical), TAG.power),
    version: version(instance),
    frameAt: frameFinder(instance, tileWidth, tileHeight, columns),
  };
}

// VOLUME images by size, none twice; empty when the series has none.
export function readPyramid(instances) {
  const levels = instances.filter((instance) => values(instance, TAG.imageType)[2] === 'VOLUME')
    .filter((instance) => first(instance, TAG.concatenation) === undefined)
    .map(level).filter((one) => one.tileWidth > 0 && one.tileHeight > 0)
    .sort((a, b) => b.width - a.width);
  return levels.filter((one, index) => index === 0 || one.width !== levels[index - 1].width);
}
