'use strict';
/* The table of events. It follows the moment until somebody scrolls it. */
(function (Replay) {
  class EventTable {
    constructor(view) {
      this.view = view;
      this.isFollowing = true;
      this.current = -1;
      const find = (id) => document.getElementById(id);
      this.table = find('event-table');
      this.scroll = find('event-scroll');
      this.raw = find('raw');
      this.follow = find('follow');
      const tall = () => this.measured ??= parseFloat(getComputedStyle(this.table).getPropertyValue('--row')) || 28;
      this.window = new Replay.WindowedList({
        scroll: this.scroll, body: this.table.tBodies[0], height: tall, spacer: () => {
          const spacer = Replay.make('tr', 'spacer');
          spacer.setAttribute('aria-hidden', 'true');
          return spacer;
        },
        make: () => this.make(), fill: (row, index) => this.fill(row, index),
      });
      this.window.header = this.table.tHead.offsetHeight;
      this.filters = new Replay.Filters(find('event-filters'), [
        { value: 'all', label: 'All' }, { value: 'job', label: 'This video' }, { value: 'notable', label: 'Notable' },
        { value: 'errors', label: 'Errors' },
      ], () => {
        this.setFollowing(true);
        this.update();
      });
      this.table.tBodies[0].addEventListener('click', (event) => {
        const row = event.target.closest('tr[data-row]');
        if (row) view.goTo(Number(row.dataset.row));
      });
      this.follow.addEventListener('click', () => {
        this.setFollowing(!this.isFollowing);
        this.update();
      });
      const release = () => this.setFollowing(false);
      this.scroll.addEventListener('wheel', release, { passive: true });
      this.scroll.addEventListener('touchmove', release, { passive: true });
      this.scroll.addEventListener('pointerdown', (event) => { if (event.target === this.scroll) release(); });
      this.scroll.addEventListener('keydown', (event) => {
        if (['ArrowUp', 'ArrowDown', 'PageUp', 'PageDown', 'Home', 'End'].includes(event.key)) release();
      });
    }

    setFollowing(isFollowing) {
      this.isFollowing = isFollowing;
      this.follow.setAttribute('aria-pressed', String(isFollowing));
    }

    /* The rows of the log that are shown; null for all. */
    get rows() {
      const { log, selected } = this.view;
      switch (this.filters.value) {
        case 'job': return selected ? selected.rows : null;
        case 'notable': return log.notable;
        case 'errors': return log.failures;
        default: return null;
      }
    }

    get count() { return this.rows?.length ?? this.view.log.count; }

    /* The log's row that stands at a place in the table. */
    rowAt(index) {
      const { rows } = this;
      return rows ? rows[index] : index;
    }

    /* How many of the shown rows have happened. */
    happened(limit = this.view.rows) {
      const { rows } = this;
      return rows ? Replay.partition(rows.length, (index) => rows[index] >= limit) : Math.min(limit, this.view.log.count);
    }

    update() {
      this.table.classList.toggle('long', this.view.clock.duration >= 3600);
      this.filters.enable('job', this.view.selected !== null);
      this.filters.tell('errors', this.view.log.failures.length);
      this.current = this.happened() - 1;
      const { count } = Replay.format;
      Replay.put(document.getElementById('event-count'), `${count(this.current + 1)} of ${count(this.count)}`);
      this.window.set(this.count);
      if (this.isFollowing && this.count) this.window.reveal(Math.max(0, this.current), 0.75);
      this.table.setAttribute('aria-rowcount', this.count + 1);
      this.showLine();
    }

    showLine() {
      const row = this.current < 0 ? -1 : this.rowAt(this.current);
      Replay.put(document.getElementById('raw-title'), row < 0 ? 'Line' : `Line ${Replay.format.count(row + 1)}`);
      Replay.put(this.raw, row < 0 ? '' : this.view.log.line(row));
    }

    make() {
      const row = document.createElement('tr');
      const time = Replay.make('th', 'number');
      time.scope = 'row';
      const kind = document.createElement('td');
      const mark = Replay.make('span', 'shape');
      mark.setAttribute('aria-hidden', 'true');
      kind.append(mark, Replay.make('span'));
      row.append(time, kind, Replay.make('td', 'path'), Replay.make('td', 'detail'));
      return row;
    }

    fill(element, index) {
      const { log } = this.view;
      const row = this.rowAt(index);
      const [time, kind, path, detail] = element.children;
      const job = log.jobs[log.job[row]];
      const name = Replay.KINDS[log.kind[row]];
      const isNow = index === this.current;
      element.dataset.row = row;
      element.setAttribute('aria-rowindex', index + 2);
      element.className = `${name.replace(' ', '-')}${index > this.current ? ' future' : ''}${isNow ? ' now' : ''}`;
      if (isNow) element.setAttribute('aria-current', 'true'); else element.removeAttribute('aria-current');
      Replay.put(time, Replay.format.clock(log.time[row], 3));
      Replay.put(kind.firstElementChild, Replay.SHAPES[name] ?? (name === 'progress' ? '' : '▪'));
      Replay.put(kind.lastElementChild, name);
      Replay.put(path, job ? Replay.visible(job.path) : '');
      Replay.put(detail, this.detail(row));
      detail.title = detail.textContent.length > 40 ? detail.textContent : '';
    }

    detail(row) {
      const { log } = this.view;
      const { count } = Replay.format;
      const more = log.members.get(row);
      const job = log.jobs[log.job[row]];
      switch (log.kind[row]) {
        case Replay.PROGRESS: {
          const frames = log.total[row]
            ? `frame ${count(log.frame[row])} of ${count(log.total[row])} · ${log.percent[row]} %`
            : `frame ${count(log.frame[row])}`;
          return more?.tools ? `${frames} · ${Replay.visible(more.tool)} ${more.toolsDone + 1}/${more.tools}` : frames;
        }
        case Replay.STARTED:
          if (log.total[row]) return `${count(log.total[row])} frames expected`;
          return job?.estimate ? `about ${count(job.estimate)} frames expected` : 'frames unknown';
        case Replay.PLANNED: return Replay.format.bytes(job.size);
        case Replay.RETRY: return Replay.visible(`try ${more.attempt}: ${more.text}`);
        case Replay.RUN_STARTED: return `${Replay.plural(log.planned, 'video')} · version ${Replay.visible(log.version)}`;
        case Replay.RUN_FINISHED: return `exit status ${Number(more.exitStatus)}`;
        case Replay.UNREADABLE: return Replay.visible(log.texts.get(row).slice(0, 200));
        default: {
          /* A message begins with the path, which stands beside it. */
          const text = more?.text ?? '';
          const path = `${job?.path}: `;
          return Replay.visible(text.startsWith(path) ? text.slice(path.length) : text);
        }
      }
    }
  }

  Replay.EventTable = EventTable;
})(window.Replay);
