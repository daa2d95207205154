// Small whole-slide images as Part 10 files, written here byte by byte (Explicit VR Little Endian), so that the page is
// tested with what a server of ours did not make.
import { randomBytes } from 'node:crypto';

const WSI = '1.2.840.10008.5.1.4.1.1.77.1.6';
const NATIVE = '1.2.840.10008.1.2.1';
const JPEG = '1.2.840.10008.1.2.4.50';
const LONG = new Set(['OB', 'OW', 'SQ', 'UT', 'UN']);

export function uid() {
  return `2.25.${BigInt(`0x${randomBytes(15).toString('hex')}`)}`;
}

function uint16(value) {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function uint32(value) {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function text(value, vr) {
  const bytes = Buffer.from(String(value), 'utf8');
  return bytes.length % 2 ? Buffer.concat([bytes, Buffer.from(vr === 'UI' ? '\0' : ' ')]) : bytes;
}

function tagBytes(tag) {
  return Buffer.concat([uint16(parseInt(tag.slice(0, 4), 16)), uint16(parseInt(tag.slice(4), 16))]);
}

function item(bytes) {
  return Buffer.concat([tagBytes('FFFEE000'), uint32(bytes.length), bytes]);
}

function valueBytes(vr, value) {
  switch (vr) {
    case 'US': return uint16(value);
    case 'UL': return uint32(value);
    case 'SL': return uint32(value);
    case 'SQ': return Buffer.concat(value.map((inner) => item(dataSet(inner))));
    case 'OB': return value;
    default: return text(Array.isArray(value) ? value.join('\\') : value, vr);
  }
}

function element(tag, vr, value) {
  const bytes = valueBytes(vr, value);
  const length = LONG.has(vr) ? Buffer.concat([uint16(0), uint32(bytes.length)]) : uint16(bytes.length);
  return Buffer.concat([tagBytes(tag), Buffer.from(vr), length, bytes]);
}

// { '00100010': ['PN', 'Doe^Jane'], … } in order of tags.
function dataSet(elements) {
  return Buffer.concat(Object.entries(elements).sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([tag, [vr, value]]) => element(tag, vr, value)));
}

function encapsulated(frames) {
  const padded = frames.map((frame) => (frame.length % 2 ? Buffer.concat([frame, Buffer.alloc(1)]) : frame));
  return Buffer.concat([tagBytes('7FE00010'), Buffer.from('OB'), uint16(0), uint32(0xFFFFFFFF), item(Buffer.alloc(0)),
    ...padded.map(item), tagBytes('FFFEE0DD'), uint32(0)]);
}

// frames: native RGB bytes, or JPEG files where jpeg is set. more: further elements, or other values for these.
export function image({ study, series, sop = uid(), kind = 'VOLUME', width, height, tile = [width, height], frames,
  jpeg = false, spacing = 0.00025, patient = 'Doe^Jane', id = 'P-1', accession = 'A-1', date = '20260131',
  container = 'S26-1', ...more }) {
  const syntax = jpeg ? JPEG : NATIVE;
  const elements = {
    '00080005': ['CS', 'ISO_IR 192'], '00080008': ['CS', ['ORIGINAL', 'PRIMARY', kind, 'NONE']],
    '00080016': ['UI', WSI], '00080018': ['UI', sop], '00080020': ['DA', date], '00080050': ['SH', accession],
    '00080060': ['CS', 'SM'], '00100010': ['PN', patient], '00100020': ['LO', id], '0020000D': ['UI', study],
    '0020000E': ['UI', series], '00209311': ['CS', 'TILED_FULL'], '00280002': ['US', 3],
    '00280004': ['CS', jpeg ? 'YBR_FULL_422' : 'RGB'], '00280006': ['US', 0], '00280008': ['IS', frames.length],
    '00280010': ['US', tile[1]], '00280011': ['US', tile[0]], '00280100': ['US', 8], '00280101': ['US', 8],
    '00280102': ['US', 7], '00280103': ['US', 0], '00400512': ['LO', container], '00480006': ['UL', width],
    '00480007': ['UL', height], '00480105': ['SQ', [{ '00480106': ['SH', '1'] }]],
    '52009229': ['SQ', [{ '00289110': ['SQ', [{ '00280030': ['DS', [spacing, spacing]] }]] }]],
    ...more,
  };
  const meta = dataSet({ '00020001': ['OB', Buffer.from([0, 1])], '00020002': ['UI', WSI], '00020003': ['UI', sop],
    '00020010': ['UI', syntax], '00020012': ['UI', '2.25.1'] });
  const pixels = jpeg ? encapsulated(frames) : element('7FE00010', 'OB', Buffer.concat(frames));
  return Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), element('00020000', 'UL', meta.length), meta,
    dataSet(elements), pixels]);
}

export function plain(width, height, colour) {
  return Buffer.alloc(width * height * 3, Buffer.from(colour));
}

export async function store(url, file, headers = {}) {
  const response = await fetch(`${url}/dicom-web/studies`, {
    method: 'POST', body: file, headers: { 'Content-Type': 'application/dicom', Accept: 'application/dicom+json', ...headers },
  });
  if (response.status !== 200) {
    throw new Error(`not stored: ${response.status} ${await response.text()}`);
  }
}

// Stores one plain image of 64 × 64 and says where it is. For lists, where the picture does not matter.
export async function storeSmall(url, more = {}, headers = {}) {
  const [study, series] = [more.study ?? uid(), more.series ?? uid()];
  const frames = [plain(64, 64, [190, 90, 160])];
  await store(url, image({ study, series, width: 64, height: 64, frames, ...more }), headers);
  return { study, series, hash: `#/slide/${study}/${series}` };
}

// A JPEG of one colour, by the browser's own encoder.
export async function jpegOf(page, width, height, colour) {
  const bytes = await page.evaluate(async ([w, h, rgb]) => {
    const canvas = new OffscreenCanvas(w, h);
    const context = canvas.getContext('2d');
    context.fillStyle = `rgb(${rgb})`;
    context.fillRect(0, 0, w, h);
    const blob = await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.95 });
    return [...new Uint8Array(await blob.arrayBuffer())];
  }, [width, height, colour]);
  return Buffer.from(bytes);
}
