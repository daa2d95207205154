// Frames as canvases: the stored tile, fetched as it is and cut to what belongs to the slide.

import { request } from './dicomweb.js';
import { paintPixels } from './pixels.js';

const ACCEPT = 'image/jpeg, application/octet-stream; transfer-syntax=*; q=0.5';
const NATIVE = /transfer-syntax=1\.2\.840\.10008\.1\.2(\.1)?$/;
const UNKNOWN = 'This slide is compressed in a way that browsers cannot show.';

function canvasOf(width, height) {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  return canvas.getContext('2d');
}

async function paintJpeg(context, response) {
  const bytes = await response.blob();
  const bitmap = await createImageBitmap(bytes).catch(() => {
    throw new Error(UNKNOWN);
  });
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
}

// The 2d context of a canvas that holds the tile at column and row, edge tiles cut to the level's size.
export async function tile(study, series, level, column, row, signal) {
  const width = Math.min(level.tileWidth, level.width - column * level.tileWidth);
  const height = Math.min(level.tileHeight, level.height - row * level.tileHeight);
  const context = canvasOf(width, height);
  const frame = level.frameAt(column, row);
  if (frame === null) {
    context.fillStyle = '#f4f4f4'; // a sparse slide has nothing here
    context.fillRect(0, 0, width, height);
    return context;
  }
  const path = `/studies/${study}/series/${series}/instances/${frame.sop}/frames/${frame.number}`;
  const response = await request(frame.version ? `${path}?v=${frame.version}` : path,
    { headers: { Accept: ACCEPT }, signal });
  const type = response.headers.get('Content-Type') ?? '';
  if (NATIVE.test(type)) {
    paintPixels(context, new Uint8Array(await response.arrayBuffer()), level);
  } else if (type.startsWith('image/jpeg')) {
    await paintJpeg(context, response);
  } else {
    throw new Error(UNKNOWN);
  }
  return context;
}
