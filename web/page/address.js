// What the page shows is in its address, so that reload, back and a copied link work:
//   #/?name=doe&from=2026-01-01                  the list, searched
//   #/slide/{study}/{series}?name=doe            a slide, and the search to go back to

export const SEARCH_FIELDS = ['name', 'id', 'accession', 'slide', 'from', 'to'];

function readSearch(text) {
  const given = new URLSearchParams(text);
  return Object.fromEntries(SEARCH_FIELDS.map((field) => [field, (given.get(field) ?? '').trim()])
    .filter(([, value]) => value !== ''));
}

function query(search) {
  const text = new URLSearchParams(search).toString();
  return text ? `?${text}` : '';
}

export function readAddress(hash) {
  const [place, text = ''] = hash.split(/\?(.*)/s);
  const slide = /^#\/slide\/([\d.]+)\/([\d.]+)$/.exec(place);
  const search = readSearch(text);
  return slide ? { study: slide[1], series: slide[2], search } : { search };
}

export function listAddress(search = {}) {
  return `#/${query(search)}`;
}

export function slideAddress(study, series, search = {}) {
  return `#/slide/${study}/${series}${query(search)}`;
}
