// Elements from data. Text is only ever set as text: what a DICOM file says is never markup.

export function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key.startsWith('on')) {
      made.addEventListener(key.slice(2), value);
    } else if (key in made) {
      made[key] = value;
    } else {
      made.setAttribute(key, value);
    }
  }
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== ''));
  return made;
}

// A term and its value for a description list; nothing when there is no value.
export function fact(term, value) {
  return value ? [element('dt', {}, term), element('dd', {}, value)] : [];
}

export function notice(text, ...more) {
  return element('div', { className: 'notice' }, element('p', {}, text), ...more);
}

export function button(label, onclick, properties = {}) {
  return element('button', { type: 'button', onclick, ...properties }, label);
}
