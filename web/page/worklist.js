// The slides, newest first, narrowed by the search. The list is kept while a slide is looked at, so that going back
// finds it as it was.

import { Pictures, makeCard } from './card.js';
import { button, element, notice } from './dom.js';
import { enterButton, signsIn } from './login.js';
import { searchForm } from './searchform.js';
import { searchPages } from './search.js';
import { counted } from './values.js';

class List {
  constructor(search, onadd) {
    this.search = search;
    this.abort = new AbortController();
    this.pages = searchPages(search, this.abort.signal);
    this.pictures = new Pictures();
    this.count = 0;
    this.loading = false;
    this.status = element('p', { className: 'status', role: 'status' }, 'Loading…');
    this.grid = element('div', { className: 'grid' });
    this.more = button('Show more', () => this.load(), { className: 'more', hidden: true });
    this.end = element('div');
    this.root = element('div', { className: 'worklist' },
      element('header', { className: 'bar' }, element('h1', {}, 'Tessera'),
        button('Add slides…', onadd, { className: 'primary' })),
      searchForm(search), this.status, this.grid, this.end, this.more);
    // The next page is fetched before its end is reached; the button is for keyboards, and after a failure.
    this.near = new IntersectionObserver(([entry]) => entry.isIntersecting && !this.stopped && this.load(),
      { rootMargin: '600px' });
    this.near.observe(this.more);
    this.load();
  }

  async load() {
    if (this.loading) {
      return;
    }
    this.loading = true;
    this.more.disabled = true;
    this.end.replaceChildren();
    try {
      const { value: page = { rows: [], done: true } } = await this.pages.next();
      this.add(page);
    } catch (error) {
      if (!this.abort.signal.aborted) {
        this.fail(error);
      }
    }
    this.more.disabled = false;
    this.loading = false;
  }

  add({ rows, done }) {
    const cards = rows.map((row) => makeCard(row, this.search));
    this.grid.append(...cards);
    cards.forEach((card) => this.pictures.watch(card));
    this.count += rows.length;
    this.stopped = done;
    this.more.hidden = done;
    this.status.textContent = this.count || !done ? counted(this.count, 'slide') + (done ? '' : ' so far') : '';
    if (done && this.count === 0) {
      this.end.replaceChildren(Object.keys(this.search).length > 0 ?
        notice('No slide matches this search.') :
        notice('No slides yet. Drop DICOM files or folders here, choose them with “Add slides…”, or bring scanner ' +
          'files in with: tessera import PATH'));
    } else if (!this.stopped) {
      this.near.unobserve(this.more);
      this.near.observe(this.more); // tells again when the new end is still on the screen
    }
  }

  fail(error) {
    this.status.textContent = this.count ? `${counted(this.count, 'slide')} so far` : '';
    this.stopped = true;
    this.pages = searchPages(this.search, this.abort.signal);
    this.grid.replaceChildren();
    this.count = 0;
    this.more.hidden = true;
    this.end.replaceChildren(notice(error.message,
      error.status === 401 && signsIn() ? enterButton() : button('Try again', () => this.load())));
  }

  close() {
    this.abort.abort();
    this.pictures.close();
    this.near.disconnect();
  }
}

export class Worklist {
  constructor(view) {
    this.view = view;
    this.list = null;
    this.onadd = () => {};
  }

  // Something was stored or deleted: the list is read anew when it is next shown.
  forget() {
    this.list?.close();
    this.list = null;
  }

  // Returns what to call when the view is left.
  show(search) {
    if (!this.list || JSON.stringify(this.list.search) !== JSON.stringify(search)) {
      this.forget();
      this.list = new List(search, () => this.onadd());
      this.top = 0;
    }
    this.view.replaceChildren(this.list.root);
    document.scrollingElement.scrollTop = this.top;
    return () => {
      this.top = document.scrollingElement.scrollTop;
    };
  }
}
