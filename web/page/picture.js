// One level drawn small, as a picture of the slide, its label or its overview.

import { seriesImages, seriesMetadata } from './dicomweb.js';
import { tile } from './frames.js';
import { Gate } from './gate.js';
import { readSlide } from './pyramid.js';
import { values } from './values.js';

const MAX_TILES = 160; // a slide without small levels would cost too much: its middle is shown instead
const MAX_LISTED_FRAMES = 20000; // positions of more frames are too much metadata for a picture
const tiles = new Gate(6);

function part(level) {
  const whole = level.columns * level.rows <= MAX_TILES;
  const columns = whole ? level.columns : Math.min(level.columns, 4);
  const rows = whole ? level.rows : Math.min(level.rows, 4);
  return {
    columns, rows,
    left: whole ? 0 : Math.floor((level.columns - columns) / 2),
    top: whole ? 0 : Math.floor((level.rows - rows) / 2),
  };
}

export async function drawPicture(canvas, study, series, level, longSide, signal) {
  const { columns, rows, left, top } = part(level);
  const width = Math.min(level.width - left * level.tileWidth, columns * level.tileWidth);
  const height = Math.min(level.height - top * level.tileHeight, rows * level.tileHeight);
  const scale = Math.min(1, (longSide * devicePixelRatio) / Math.max(width, height));
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const context = canvas.getContext('2d');
  context.imageSmoothingQuality = 'high';
  const draw = async (column, row) => {
    const drawn = (await tile(study, series, level, left + column, top + row, signal)).canvas;
    const x = Math.round(column * level.tileWidth * scale);
    const y = Math.round(row * level.tileHeight * scale);
    const right = Math.round((column * level.tileWidth + drawn.width) * scale);
    const bottom = Math.round((row * level.tileHeight + drawn.height) * scale);
    context.drawImage(drawn, x, y, right - x, bottom - y);
  };
  const all = [];
  for (let row = 0; row < rows; ++row) {
    for (let column = 0; column < columns; ++column) {
      all.push(tiles.run(() => draw(column, row), signal));
    }
  }
  await Promise.all(all);
}

// A series as its search rows tell it; as its metadata does where the rows are not enough to draw it.
async function readSmall(study, series, signal) {
  const rows = await seriesImages(study, series, signal);
  const slide = readSlide(rows);
  const frames = rows.reduce((sum, row) => sum + (values(row, '00280008')[0] ?? 1), 0);
  const unlikely = slide.images === 0 || slide.codecs > 0;
  if (unlikely || slide.levels.length > 0 || frames > MAX_LISTED_FRAMES) {
    return { rows, slide };
  }
  const metadata = await seriesMetadata(study, series, signal);
  return { rows: metadata, slide: readSlide(metadata) };
}

// Draws the slide; returns an image's attributes and the largest level, for the words below the picture.
export async function drawSeries(canvas, study, series, longSide, signal) {
  const { rows, slide } = await readSmall(study, series, signal);
  const small = slide.levels.at(-1);
  const level = [...slide.thumbnails, small].find((one) => one && one.columns * one.rows <= MAX_TILES) ?? small;
  if (level) {
    await drawPicture(canvas, study, series, level, longSide, signal);
  }
  return { image: rows[0], base: slide.levels[0], notes: slide.notes };
}
