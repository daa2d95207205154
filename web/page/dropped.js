// The files in what was dropped, those in folders too.

function all(reader) {
  return new Promise((resolve, reject) => {
    reader.readEntries(resolve, reject); // a hundred at a time, none at the end
  });
}

function fileOf(entry) {
  return new Promise((resolve, reject) => {
    entry.file(resolve, reject);
  });
}

// What operating systems and discs put beside images.
function isClutter(name) {
  return name.startsWith('.') || /^(DICOMDIR|Thumbs\.db|desktop\.ini)$/i.test(name);
}

async function* walk(entry) {
  if (entry.isFile) {
    yield await fileOf(entry);
    return;
  }
  const reader = entry.createReader();
  for (let some = await all(reader); some.length > 0; some = await all(reader)) {
    for (const one of some.filter((inner) => !isClutter(inner.name))) {
      yield* walk(one);
    }
  }
}

// To be called while the drop is handled: entries are gone afterwards. The files come one by one.
export function filesOf(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.());
  const files = [...transfer.files];
  return (async function* read() {
    for (const [at, entry] of entries.entries()) {
      if (entry) {
        yield* walk(entry);
      } else if (files[at]) {
        yield files[at];
      }
    }
  }());
}
