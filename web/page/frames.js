// Frames as canvases: the stored tile, fetched as it is and cut to what belongs to the slide.

import { request } from './dicomweb.js';

const ACCEPT = 'image/jpeg, application/octet-stream; transfer-syntax=*; q=0.5';
const NATIVE = /transfer-syntax=1\.2\.840\.10008\.1\.2(\.1)?$/;

function canvasOf(width, height) {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  return canvas.getContext('2d');
}

// Uncompressed 8-bit pixels, one or three samples, to RGBA.
function paintNative(context, bytes, level) {
  const image = context.createImageData(level.tileWidth, level.tileHeight);
  const step = level.samples === 1 ? 0 : 1;
  for (let pixel = 0; pixel < level.tileWidth * level.tileHeight; ++pixel) {
    const from = pixel * level.samples;
    image.data.set([bytes[from], bytes[from + step], bytes[from + 2 * step], 255], pixel * 4);
  }
  context.putImageData(image, 0, 0);
}

// The 2d context of a canvas that holds the tile at column and row, edge tiles cut to the level's size.
export async function tile(study, series, level, column, row, signal) {
  const width = Math.min(level.tileWidth, level.width - column * level.tileWidth);
  const height = Math.min(level.tileHeight, level.height - row * level.tileHeight);
  const context = canvasOf(width, height);
  const frame = level.frameAt(column, row);
  if (frame === 0) {
    context.fillStyle = '#f4f4f4'; // a sparse slide has nothing here
    context.fillRect(0, 0, width, height);
    return context;
  }
  const path = `/studies/${study}/series/${series}/instances/${level.sop}/frames/${frame}`;
  const response = await request(level.version ? `${path}?v=${level.version}` : path, ACCEPT, signal);
  const type = response.headers.get('Content-Type') ?? '';
  if (NATIVE.test(type)) {
    paintNative(context, new Uint8Array(await response.arrayBuffer()), level);
    return context;
  }
  if (!type.startsWith('image/jpeg')) {
    throw new Error('This slide is compressed in a way that browsers cannot show.');
  }
  const bitmap = await createImageBitmap(await response.blob());
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return context;
}
