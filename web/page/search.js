// A search as pages of series, newest first. Each page is a bounded number of bounded requests.

import { searchImages, searchSeries } from './dicomweb.js';
import { first } from './values.js';

const PAGE = 30;
const SCANNED = 200; // rows of one request while slides are looked for by hand
const SCANS = 5; // such requests for one page

function prefix(value) {
  return /[*?]/.test(value) ? value : `${value}*`;
}

function dateRange({ from = '', to = '' }) {
  return from || to ? `${from.replaceAll('-', '')}-${to.replaceAll('-', '')}` : '';
}

// What the server matches by itself, by QIDO-RS attribute.
function filtersOf(search) {
  const filters = {};
  if (search.name) {
    Object.assign(filters, { PatientName: search.name, fuzzymatching: 'true' });
  }
  if (search.id) {
    filters.PatientID = prefix(search.id);
  }
  if (search.accession) {
    filters.AccessionNumber = prefix(search.accession);
  }
  if (dateRange(search)) {
    filters.StudyDate = dateRange(search);
  }
  return filters;
}

// '*' any run, '?' any one character, in any case: as the server matches text.
function matcher(value) {
  const pattern = prefix(value).replace(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*').replaceAll('?', '.');
  const expression = new RegExp(`^${pattern}$`, 'is');
  return (text) => expression.test(String(text ?? ''));
}

async function* bySeries(search, signal) {
  for (let offset = 0; ;) {
    const rows = await searchSeries(filtersOf(search), PAGE, offset, signal);
    offset += rows.length;
    const done = rows.length < PAGE;
    yield { rows, done, reason: '' };
    if (done) {
      return;
    }
  }
}

// ContainerIdentifier belongs to images and is not among what the server matches: images are read newest first and
// compared here, a bounded number for each page, and the reader is told how far that went.
async function* byContainer(search, signal) {
  const matches = matcher(search.slide);
  const seen = new Set();
  let offset = 0;
  for (let done = false; !done;) {
    const found = [];
    for (let scan = 0; scan < SCANS && found.length < PAGE && !done; ++scan) {
      const images = await searchImages(filtersOf(search), SCANNED, offset, signal);
      offset += images.length;
      done = images.length < SCANNED;
      for (const image of images.filter((one) => matches(first(one, '00400512')))) {
        const series = first(image, '0020000E');
        if (!seen.has(series)) {
          seen.add(series);
          found.push(image);
        }
      }
    }
    yield {
      rows: found, done,
      reason: done ? '' : `The server cannot search by slide; the newest ${offset.toLocaleString('en')} images were ` +
        'compared here.',
    };
  }
}

// Pages { rows, done, reason }: rows of series (or of one image of each), whether that was all, and if not, why.
export function searchPages(search, signal) {
  return search.slide ? byContainer(search, signal) : bySeries(search, signal);
}
