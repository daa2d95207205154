// Which frame holds the tile at a column and row (PS3.3 C.7.6.17.3): by counting, or by each frame's own position.

import { first, values } from './values.js';

const TAG = {
  organization: '00209311', perFrame: '52009230', shared: '52009229', position: '0048021A', left: '0048021E',
  top: '0048021F', optical: '00480105', identifier: '00480106', identification: '00480207', paths: '00480302',
  planes: '00480303',
};

export function optics([instance]) {
  const named = values(instance, TAG.optical);
  return {
    paths: first(instance, TAG.paths) ?? Math.max(1, named.length),
    planes: first(instance, TAG.planes) ?? 1,
    firstPath: first(named[0], TAG.identifier),
  };
}

// Along rows of tiles, then planes, then paths: the first path, its middle plane.
function counting(level) {
  const skip = Math.floor(level.planes / 2) * level.rows * level.columns;
  return (column, row) => skip + row * level.columns + column;
}

// Every frame says where it is; nothing when one of them is off the grid.
function listed(instances, level) {
  const places = new Map();
  for (const [at, instance] of instances.entries()) {
    for (const [index, groups] of values(instance, TAG.perFrame).entries()) {
      const position = first(groups, TAG.position);
      const left = first(position, TAG.left) - 1;
      const top = first(position, TAG.top) - 1;
      const path = first(first(groups, TAG.identification), TAG.identifier);
      if (!(left >= 0 && top >= 0 && left % level.tileWidth === 0 && top % level.tileHeight === 0)) {
        return null;
      }
      const place = (top / level.tileHeight) * level.columns + left / level.tileWidth;
      if ((path === undefined || path === level.firstPath) && !places.has(place)) {
        places.set(place, level.parts[at].offset + index);
      }
    }
  }
  return (column, row) => places.get(row * level.columns + column) ?? -1;
}

// From column and row to the frame's index in the whole, -1 where there is none; null when it cannot be known.
export function frameFinder(instances, level) {
  const frames = level.parts.reduce((sum, part) => sum + part.frames, 0);
  const full = first(instances[0], TAG.organization) === 'TILED_FULL' || level.columns * level.rows === 1;
  if (instances.every((instance) => values(instance, TAG.perFrame).length > 0) && !full) {
    return listed(instances, level);
  }
  return full && frames >= level.columns * level.rows * level.planes ? counting(level) : null;
}
