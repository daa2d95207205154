// A small DICOMweb client of this very server. Requests go to the page's own origin and nowhere else.

const SERVICE = '/dicom-web';
let token = ''; // kept in memory only: gone with the page

export class Refused extends Error {
  constructor(status, text) {
    super(text || `The server answered ${status}.`);
    this.status = status;
  }
}

export function setToken(value) {
  token = value;
}

export async function request(path, accept, signal) {
  const headers = { Accept: accept };
  if (token) {
    headers.Authorization = `Bearer ${token}`;
  }
  const response = await fetch(SERVICE + path, { headers, signal });
  if (!response.ok) {
    throw new Refused(response.status, (await response.text()).trim());
  }
  return response;
}

async function json(path) {
  const response = await request(path, 'application/dicom+json');
  return response.status === 204 ? [] : response.json();
}

export function searchSlides(limit, offset) {
  return json(`/series?Modality=SM&limit=${limit}&offset=${offset}`);
}

export function seriesMetadata(study, series) {
  return json(`/studies/${study}/series/${series}/metadata`);
}

// Values of a DICOM JSON data set.
export function values(set, tag) {
  return set?.[tag]?.Value ?? [];
}

export function first(set, tag) {
  return values(set, tag)[0];
}

// "Doe^Jane^M" as people write it: "Doe, Jane M".
export function personName(set, tag) {
  const name = first(set, tag);
  const [family, ...given] = (name?.Alphabetic ?? name?.Ideographic ?? '').split('^');
  const rest = given.filter(Boolean).join(' ');
  return [family, rest].filter(Boolean).join(', ');
}

// "20260131" as "2026-01-31".
export function day(set, tag) {
  const text = String(first(set, tag) ?? '');
  return /^\d{8}$/.test(text) ? `${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6)}` : text;
}
