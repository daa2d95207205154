// A search as pages of series, newest first. Each page is a bounded number of bounded requests.

import { searchImages, searchSeries } from './dicomweb.js';
import { first } from './values.js';

const PAGE = 30;
const IMAGES = 200; // rows of one request where images are searched, of which a slide has several

function prefix(value) {
  return /[*?]/.test(value) ? value : `${value}*`;
}

function dateRange({ from = '', to = '' }) {
  return from || to ? `${from.replaceAll('-', '')}-${to.replaceAll('-', '')}` : '';
}

// By QIDO-RS attribute.
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
  if (search.slide) {
    filters.ContainerIdentifier = prefix(search.slide);
  }
  return filters;
}

async function* bySeries(search, signal) {
  for (let offset = 0; ;) {
    const rows = await searchSeries(filtersOf(search), PAGE, offset, signal);
    offset += rows.length;
    const done = rows.length < PAGE;
    yield { rows, done };
    if (done) {
      return;
    }
  }
}

// ContainerIdentifier belongs to images: those are searched, and the first of each series stands for it.
async function* byContainer(search, signal) {
  const seen = new Set();
  let offset = 0;
  for (let done = false; !done;) {
    const rows = [];
    while (rows.length < PAGE && !done) {
      const images = await searchImages(filtersOf(search), IMAGES, offset, signal);
      offset += images.length;
      done = images.length < IMAGES;
      for (const image of images) {
        const series = first(image, '0020000E');
        if (!seen.has(series)) {
          seen.add(series);
          rows.push(image);
        }
      }
    }
    yield { rows, done };
  }
}

// Pages { rows, done }: rows of series (or of one image of each), and whether that was all.
export function searchPages(search, signal) {
  return search.slide ? byContainer(search, signal) : bySeries(search, signal);
}
