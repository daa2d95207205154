// Uncompressed 8-bit pixels to RGBA: grey or colour, interleaved or by plane (PS3.3 C.7.6.3).

function clamp(value) {
  return Math.max(0, Math.min(255, Math.round(value)));
}

function rgbOf(photometric, a, b, c) {
  if (photometric === 'MONOCHROME1') {
    return [255 - a, 255 - a, 255 - a];
  }
  if (photometric === 'YBR_FULL') {
    return [clamp(a + 1.402 * (c - 128)), clamp(a - 0.344136 * (b - 128) - 0.714136 * (c - 128)),
      clamp(a + 1.772 * (b - 128))];
  }
  return [a, b, c];
}

export function paintPixels(context, bytes, level) {
  const count = level.tileWidth * level.tileHeight;
  if (level.bits !== 8 || bytes.length < count * level.samples) {
    throw new Error(level.bits === 8 ? 'A tile has fewer pixels than it should.' :
      `This image has ${level.bits} bits a sample, which this page cannot show.`);
  }
  const image = context.createImageData(level.tileWidth, level.tileHeight);
  const across = level.planar ? 1 : level.samples; // from a pixel to the next
  const deep = level.samples === 1 ? 0 : (level.planar ? count : 1); // from a sample to the next
  for (let pixel = 0; pixel < count; ++pixel) {
    const from = pixel * across;
    const rgb = rgbOf(level.photometric, bytes[from], bytes[from + deep], bytes[from + 2 * deep]);
    image.data.set([...rgb, 255], pixel * 4);
  }
  context.putImageData(image, 0, 0);
}
