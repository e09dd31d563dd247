'use strict';
/* Lists of any length of which only the rows in sight are in the page. */
(function (Replay) {
  /* Browsers cut off what is taller; beyond it the rows are spread over the height there is. */
  const TALLEST = 8e6;
  const MARGIN = 6;

  /*
   * body: holds the rows between two spacers. make: an empty row. fill: shows item `index` in a row. height: pixels of a
   * row, which the style sheet gives all rows alike.
   */
  class WindowedList {
    constructor({ scroll, body, spacer, make, fill, height }) {
      Object.assign(this, { scroll, body, make, fill, height });
      this.count = 0;
      this.first = 0;
      this.rows = [];
      this.before = spacer();
      this.after = spacer();
      body.replaceChildren(this.before, this.after);
      scroll.addEventListener('scroll', () => this.draw(), { passive: true });
      new ResizeObserver(() => this.draw()).observe(scroll);
    }

    get rowHeight() { return this.height(); }
    get room() { return Math.max(1, Math.floor(this.scroll.clientHeight / this.rowHeight)); }
    get tall() { return Math.min(TALLEST, this.count * this.rowHeight); }

    /* The item at the top of what is in sight. */
    get top() {
      const { scrollTop } = this.scroll;
      if (this.tall < TALLEST) return Math.floor(scrollTop / this.rowHeight);
      const most = Math.max(1, this.tall - this.scroll.clientHeight);
      return Math.floor(Math.min(1, scrollTop / most) * Math.max(0, this.count - this.room));
    }

    set(count) {
      this.count = count;
      this.draw();
    }

    draw() {
      const top = this.top;
      const first = Math.max(0, Math.min(this.count, top - MARGIN));
      const end = Math.min(this.count, top + this.room + MARGIN + 1);
      this.first = first;
      while (this.rows.length > end - first) this.rows.pop().remove();
      while (this.rows.length < end - first) {
        const row = this.make();
        this.rows.push(row);
        this.after.before(row);
      }
      const isExact = this.tall < TALLEST;
      const above = isExact ? first * this.rowHeight : Math.max(0, this.scroll.scrollTop - (top - first) * this.rowHeight);
      WindowedList.stretch(this.before, above);
      WindowedList.stretch(this.after, Math.max(0, this.tall - above - (end - first) * this.rowHeight));
      this.rows.forEach((row, index) => this.fill(row, first + index));
    }

    static stretch(spacer, pixels) {
      const height = `${pixels}px`;
      if (spacer.style.height !== height) spacer.style.height = height;
      spacer.hidden = pixels === 0;
    }

    /* The row that shows an item, if it is in the page. */
    row(index) { return this.rows[index - this.first] ?? null; }

    /* Brings an item into sight: as near as possible, or with `place` so far down (0 top, 1 bottom). */
    reveal(index, place) {
      if (index < 0 || index >= this.count) return;
      const high = this.scroll.clientHeight - (this.header ?? 0);
      if (this.tall >= TALLEST) {
        const most = this.tall - this.scroll.clientHeight;
        const top = Math.max(0, index - Math.floor(this.room * (place ?? 0.5)));
        this.scroll.scrollTop = most * Math.min(1, top / Math.max(1, this.count - this.room));
      } else {
        const top = index * this.rowHeight;
        if (place !== undefined) this.scroll.scrollTop = top - place * (high - this.rowHeight);
        else if (top < this.scroll.scrollTop) this.scroll.scrollTop = top;
        else if (top + this.rowHeight > this.scroll.scrollTop + high) this.scroll.scrollTop = top + this.rowHeight - high;
      }
      this.draw();
    }
  }

  /* Buttons of which one is pressed: what a list shows. */
  class Filters {
    constructor(group, kinds, change) {
      this.value = kinds[0].value;
      this.buttons = kinds.map(({ value, label }) => {
        const button = Replay.make('button', 'filter');
        button.type = 'button';
        button.append(Replay.make('span', '', label), Replay.make('b'));
        button.addEventListener('click', () => {
          this.set(value);
          change();
        });
        group.append(button);
        return { value, button, count: button.lastElementChild };
      });
      this.set(this.value);
    }

    set(value) {
      this.value = value;
      for (const each of this.buttons) each.button.setAttribute('aria-pressed', String(each.value === value));
    }

    /* Shows how many there are of a kind. */
    tell(value, count) {
      const found = this.buttons.find((each) => each.value === value);
      Replay.put(found.count, count ? Replay.format.count(count) : '');
    }

    enable(value, isEnabled) {
      const found = this.buttons.find((each) => each.value === value);
      Replay.show(found.button, isEnabled);
      if (!isEnabled && this.value === value) this.set(this.buttons[0].value);
    }
  }

  /* The videos of the run, each as of now. */
  class JobList {
    constructor(view) {
      this.view = view;
      this.shown = [];
      this.search = '';
      /* A video to bring into sight with the next update. */
      this.wanted = null;
      const list = document.getElementById('job-list');
      this.list = list;
      this.scroll = document.getElementById('job-scroll');
      const tall = () => this.measured ??= parseFloat(getComputedStyle(list).getPropertyValue('--row')) || 46;
      this.window = new WindowedList({
        scroll: this.scroll, body: list, height: tall, spacer: () => {
          const spacer = Replay.make('li', 'spacer');
          spacer.setAttribute('role', 'presentation');
          return spacer;
        },
        make: () => this.make(), fill: (row, index) => this.fill(row, index),
      });
      this.filters = new Filters(document.getElementById('job-filters'), [
        { value: 'all', label: 'All' }, { value: 'running', label: 'Running' }, { value: 'completed', label: 'Completed' },
        { value: 'failed', label: 'Failed' }, { value: 'skipped', label: 'Skipped' }, { value: 'pending', label: 'Pending' },
      ], () => this.rebuild());
      const input = document.getElementById('job-search');
      input.addEventListener('input', () => {
        this.search = input.value.trim().toLowerCase();
        this.rebuild();
      });
      list.addEventListener('click', (event) => {
        const row = event.target.closest('[role=option]');
        if (row) view.select(this.shown[Number(row.dataset.index)]);
      });
      list.addEventListener('keydown', (event) => this.key(event));
      this.scroll.addEventListener('wheel', () => { this.isHeld = true; }, { passive: true });
      this.scroll.addEventListener('pointerdown', () => { this.isHeld = true; });
    }

    /* Words of the path, or `class:person` where the classes of all videos are known: beside a static report. */
    matches(job) {
      const named = !this.view.source.isServer && /^class:(.*)$/.exec(this.search);
      if (!named) return job.path.toLowerCase().includes(this.search);
      return (this.view.source.details(job.id)?.classes ?? []).some((one) => one.toLowerCase().startsWith(named[1]));
    }

    rebuild() {
      this.scroll.scrollTop = 0;
      this.update();
    }

    /* Shows the run's first `rows` lines. */
    update() {
      const { log, rows } = this.view;
      const counts = { all: 0, running: 0, completed: 0, failed: 0, skipped: 0, pending: 0 };
      const wanted = this.filters.value;
      this.shown = [];
      this.view.running = [];
      let newest = -1;
      for (const job of log.jobs) {
        const own = log.rowsOf(job, rows);
        const status = this.view.statusOf(job, own);
        counts.all += 1;
        counts[status] += 1;
        if (status === 'running') this.view.running.push(job);
        if (wanted !== 'all' && wanted !== status) continue;
        if (this.search && !this.matches(job)) continue;
        if (status === 'running') newest = this.shown.length;
        this.shown.push(job);
      }
      for (const [value, count] of Object.entries(counts)) {
        this.filters.tell(value, count);
        if (value !== 'all' && value !== wanted) this.filters.enable(value, count > 0);
      }
      const { selected } = this.view;
      Replay.put(document.getElementById('job-count'), this.shown.length === counts.all
        ? Replay.format.count(counts.all) : `${Replay.format.count(this.shown.length)} of ${Replay.format.count(counts.all)}`);
      Replay.show(document.getElementById('job-none'), !this.shown.length);
      this.window.set(this.shown.length);
      if (this.wanted) this.window.reveal(this.shown.indexOf(this.wanted));
      this.wanted = null;
      const active = selected ? this.window.row(this.shown.indexOf(selected)) : null;
      if (active) this.list.setAttribute('aria-activedescendant', active.id);
      else this.list.removeAttribute('aria-activedescendant');
      const isWatched = this.view.isPlaying && !this.isHeld && !this.scroll.contains(document.activeElement);
      if (isWatched && !selected && newest >= 0) this.window.reveal(newest);
    }

    make() {
      const row = Replay.make('li', 'job');
      row.setAttribute('role', 'option');
      row.id = `job-${this.made = (this.made ?? 0) + 1}`;
      const mark = Replay.make('span', 'shape');
      mark.setAttribute('aria-hidden', 'true');
      const meter = Replay.make('span', 'meter');
      meter.append(Replay.make('i'));
      row.append(mark, Replay.make('span', 'path'), Replay.make('span', 'word'), Replay.make('span', 'figure'), meter);
      return row;
    }

    fill(row, index) {
      const { log, rows } = this.view;
      const job = this.shown[index];
      const state = this.view.stateOf(job, log.rowsOf(job, rows));
      const [mark, path, word, figure, meter] = row.children;
      row.dataset.index = index;
      const flaw = state.status === 'completed' ? this.view.flawOf(job) : '';
      row.className = `job ${flaw || state.status}`;
      row.setAttribute('aria-setsize', this.shown.length);
      row.setAttribute('aria-posinset', index + 1);
      row.setAttribute('aria-selected', String(job === this.view.selected));
      Replay.put(mark, Replay.SHAPES[flaw || state.status]);
      Replay.put(path, Replay.visible(job.path));
      path.title = path.textContent;
      Replay.put(word, state.status === 'running' ? Replay.format.percent(state) : flaw ? `completed, ${flaw}` : state.status);
      Replay.put(figure, state.frame ? this.frames(state) : '');
      meter.firstElementChild.style.transform = `scaleX(${state.percent / 100})`;
    }

    frames(state) {
      const { count } = Replay.format;
      if (state.status === 'completed') return Replay.plural(state.frame, 'frame');
      if (state.total) return `${count(state.frame)} of ${count(state.total)}`;
      return state.estimate ? `${count(state.frame)} of ~${count(state.estimate)}` : `frame ${count(state.frame)}`;
    }

    key(event) {
      const { selected } = this.view;
      const now = this.shown.indexOf(selected);
      const room = this.window.room;
      const last = this.shown.length - 1;
      const next = {
        ArrowDown: now + 1, ArrowUp: now < 0 ? last : now - 1, Home: 0, End: last,
        PageDown: now + room, PageUp: now - room, Enter: Math.max(0, now),
      }[event.key];
      if (next === undefined || event.ctrlKey || event.metaKey || event.altKey || last < 0) return;
      event.preventDefault();
      event.stopPropagation();
      this.view.select(this.shown[Math.max(0, Math.min(last, next))]);
    }
  }

  Object.assign(Replay, { WindowedList, Filters, JobList });
})(window.Replay);
