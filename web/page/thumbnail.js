// A thumbnail, drawn from the frames of the smallest level.

import { tile } from './frames.js';

const MAX_TILES = 160; // a slide without small levels would cost too much: its middle is shown instead
const LONG_SIDE = 360;

export async function drawThumbnail(canvas, study, series, pyramid) {
  const level = pyramid[pyramid.length - 1];
  const whole = level.columns * level.rows <= MAX_TILES;
  const columns = whole ? level.columns : Math.min(level.columns, 4);
  const rows = whole ? level.rows : Math.min(level.rows, 4);
  const left = whole ? 0 : Math.floor((level.columns - columns) / 2);
  const top = whole ? 0 : Math.floor((level.rows - rows) / 2);
  const width = Math.min(level.width - left * level.tileWidth, columns * level.tileWidth);
  const height = Math.min(level.height - top * level.tileHeight, rows * level.tileHeight);
  const scale = Math.min(1, (LONG_SIDE * devicePixelRatio) / Math.max(width, height));
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const context = canvas.getContext('2d');
  context.imageSmoothingQuality = 'high';
  const draw = async (column, row) => {
    const part = (await tile(study, series, level, left + column, top + row)).canvas;
    const x = Math.round(column * level.tileWidth * scale);
    const y = Math.round(row * level.tileHeight * scale);
    const right = Math.round((column * level.tileWidth + part.width) * scale);
    const bottom = Math.round((row * level.tileHeight + part.height) * scale);
    context.drawImage(part, x, y, right - x, bottom - y);
  };
  const all = [];
  for (let row = 0; row < rows; ++row) {
    for (let column = 0; column < columns; ++column) {
      all.push(draw(column, row));
    }
  }
  await Promise.all(all);
}
