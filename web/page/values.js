// Values of a DICOM JSON data set (PS3.18 F), as people read them.

export function values(set, tag) {
  return set?.[tag]?.Value ?? [];
}

export function first(set, tag) {
  return values(set, tag)[0];
}

// "Doe^Jane^M" as people write it: "Doe, Jane M".
export function personName(set, tag) {
  const name = first(set, tag);
  const [family, ...given] = (name?.Alphabetic || name?.Ideographic || name?.Phonetic || '').split('^');
  const rest = given.filter(Boolean).join(' ');
  return [family, rest].filter(Boolean).join(', ');
}

// "20260131" as "2026-01-31".
export function day(set, tag) {
  const text = String(first(set, tag) ?? '');
  return /^\d{8}$/.test(text) ? `${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6)}` : text;
}

export function counted(number, one, many = `${one}s`) {
  return `${number.toLocaleString('en')} ${number === 1 ? one : many}`;
}
