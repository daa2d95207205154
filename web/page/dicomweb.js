// A small DICOMweb client of this very server. Requests go to the page's own origin and nowhere else.

import { authorization, notAllowed, signIn, unknownCaller } from './session.js';

// Where the server has data partitions, the page's address says which one it shows: /?partition=lab-a
const partition = new URLSearchParams(window.location.search).get('partition');
export const SERVICE = partition ? `/dicom-web/partitions/${encodeURIComponent(partition)}` : '/dicom-web';

// What an image's row is asked for beyond its defaults: enough to draw it, all of it kept in the catalog's row.
const IMAGE_FIELDS = '00080008,00083002,00280002,00280004,00280006,00400512,00480006,00480007,00480105,00209311';

export class Refused extends Error {
  constructor(status, text) {
    super(text);
    this.status = status;
  }
}

// What a refusal means to who reads it; the server's own words where it has any.
export function refusal(status, text) {
  const said = text.trim();
  if (status === 0) {
    return new Refused(0, 'The server does not answer. Check the connection and try again.');
  }
  if (status === 401) {
    return new Refused(401, unknownCaller());
  }
  if (status === 403) {
    return new Refused(403, `${notAllowed('this')}${said ? `: ${said}` : ''}.`);
  }
  return new Refused(status, said || `The server answered ${status}.`);
}

async function attempt(path, options) {
  try {
    return await fetch(SERVICE + path, { ...options, headers: { ...options.headers, ...authorization() } });
  } catch (error) {
    throw error.name === 'AbortError' ? error : refusal(0, '');
  }
}

// 401 renews the sign-in, or asks the reader for a token, and goes on with it.
export async function request(path, options = {}) {
  let response = await attempt(path, options);
  for (let times = 0; response.status === 401; ++times) {
    if (!await signIn(times)) {
      throw refusal(401, '');
    }
    response = await attempt(path, options);
  }
  if (!response.ok) {
    throw refusal(response.status, await response.text());
  }
  return response;
}

async function json(path, signal) {
  const response = await request(path, { headers: { Accept: 'application/dicom+json' }, signal });
  return response.status === 204 ? [] : response.json();
}

// filters: attribute to value, as QIDO-RS takes them.
export function searchSeries(filters, limit, offset, signal) {
  return json(`/series?${new URLSearchParams({ Modality: 'SM', ...filters, limit, offset })}`, signal);
}

export function searchImages(filters, limit, offset, signal) {
  const query = { Modality: 'SM', ...filters, limit, offset, includefield: '00400512' };
  return json(`/instances?${new URLSearchParams(query)}`, signal);
}

export function seriesImages(study, series, signal) {
  return json(`/studies/${study}/series/${series}/instances?limit=200&includefield=${IMAGE_FIELDS}`, signal);
}

export function seriesMetadata(study, series, signal) {
  return json(`/studies/${study}/series/${series}/metadata`, signal);
}

// The one row that says how much a study or a series holds; nothing when it is gone.
export async function summary(study, series) {
  const path = series ? `/studies/${study}/series?SeriesInstanceUID=${series}` : `/studies?StudyInstanceUID=${study}`;
  return (await json(path))[0];
}

export async function remove(study, series) {
  await request(series ? `/studies/${study}/series/${series}` : `/studies/${study}`, { method: 'DELETE' });
}
