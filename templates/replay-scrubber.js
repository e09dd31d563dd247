'use strict';
/*
 * The run from its first line to its last, in played time, so that a long gap takes no more room than it takes to play.
 * Bars are events, shaded stretches are gaps, ticks are errors; the line below is the selected video's.
 */
(function (Replay) {
  const BAR = 3;
  const HIGH = 100;

  class Scrubber {
    constructor(view) {
      this.view = view;
      const find = (id) => document.getElementById(id);
      this.element = find('scrubber');
      this.graph = find('graph');
      this.thumb = find('thumb');
      this.veil = find('veil');
      this.hint = find('hint');
      this.axis = find('axis');
      this.width = 0;
      this.drawn = '';
      new ResizeObserver(() => {
        this.width = this.element.clientWidth;
        view.refresh();
      }).observe(this.element);
      this.element.addEventListener('pointerdown', (event) => this.grab(event));
      this.element.addEventListener('pointermove', (event) => this.move(event));
      for (const name of ['pointerup', 'pointercancel']) {
        this.element.addEventListener(name, () => { this.isHeld = false; });
      }
      this.element.addEventListener('pointerleave', () => Replay.show(this.hint, false));
    }

    /* The moment at a place, 0 left to 1 right. */
    timeAt(share) {
      const { clock } = this.view;
      return clock.timeline.time(Math.max(0, Math.min(1, share)) * clock.playedDuration);
    }

    shareOf(time) {
      const { clock } = this.view;
      return clock.playedDuration ? Math.min(1, clock.timeline.played(time) / clock.playedDuration) : 0;
    }

    share(event) {
      const box = this.element.getBoundingClientRect();
      return (event.clientX - box.left) / box.width;
    }

    grab(event) {
      if (event.button !== 0) return;
      this.isHeld = true;
      this.element.setPointerCapture(event.pointerId);
      this.view.seek(this.timeAt(this.share(event)));
    }

    move(event) {
      const share = this.share(event);
      if (this.isHeld) this.view.seek(this.timeAt(share));
      this.tell(share);
    }

    tell(share) {
      const time = this.timeAt(share);
      const gap = this.view.clock.timeline.gapAt(time);
      Replay.put(this.hint, Replay.format.clock(time) + (gap ? ` · gap of ${Replay.format.span(gap.end - gap.start)}` : ''));
      Replay.show(this.hint, true);
      const half = this.hint.offsetWidth / 2;
      const left = Math.max(half, Math.min(this.width - half, share * this.width));
      this.hint.style.transform = `translateX(${left - half}px)`;
    }

    /* Puts the thumb at the moment. */
    place(at) {
      const share = this.shareOf(at);
      const { format } = Replay;
      this.thumb.style.left = `${share * 100}%`;
      this.veil.style.transform = `scaleX(${1 - share})`;
      const { element } = this;
      element.setAttribute('aria-valuemax', Math.round(this.view.clock.duration));
      element.setAttribute('aria-valuenow', Math.round(at));
      element.setAttribute('aria-valuetext', `${format.span(at)} of ${format.span(this.view.clock.duration)}`);
    }

    /* Draws all but the thumb, if there is something new. */
    draw() {
      const { log, clock, selected } = this.view;
      const state = [this.width, log.count, clock.duration, selected?.place, this.view.isComplete].join();
      if (state === this.drawn || !this.width) return;
      this.drawn = state;
      this.graph.setAttribute('viewBox', `0 0 ${this.width} ${HIGH}`);
      const path = (name, data) => this.graph.querySelector(`.${name}`).setAttribute('d', data);
      path('density', this.density(log));
      path('gaps', log.timeline.gaps.map(({ start, end }) => this.band(start, end, 0, HIGH)).join(''));
      path('errors', this.ticks(log));
      path('unread', this.view.isComplete ? '' : this.band(log.duration, clock.duration, 0, HIGH));
      path('span', selected && selected.rows.length
        ? this.band(log.time[selected.rows[0]], log.time[selected.rows.at(-1)], HIGH - 7, HIGH) : '');
      [...this.axis.children].forEach((mark, index, all) => {
        Replay.put(mark, Replay.format.clock(this.timeAt(index / (all.length - 1)), clock.duration < 10 ? 1 : 0));
      });
    }

    band(start, end, top, bottom) {
      const left = this.shareOf(start) * this.width;
      const wide = Math.max(2, this.shareOf(end) * this.width - left);
      return `M${left.toFixed(1)} ${top}h${wide.toFixed(1)}V${bottom}h-${wide.toFixed(1)}z`;
    }

    density(log) {
      const bins = Math.max(1, Math.floor(this.width / BAR));
      const counts = new Float64Array(bins);
      let before = 0;
      let most = 1;
      for (let bin = 0; bin < bins; bin += 1) {
        const rows = bin === bins - 1 ? log.count : log.rowsUntil(this.timeAt((bin + 1) / bins));
        /* The plan is not something that happened. */
        counts[bin] = Math.max(0, rows - before - (bin ? 0 : log.plans));
        most = Math.max(most, counts[bin]);
        before = rows;
      }
      /* The root lets single events be seen beside bursts. */
      return Array.from(counts, (count, bin) => (count
        ? `M${bin * BAR} ${HIGH}V${(HIGH - 8 - (HIGH - 18) * Math.sqrt(count / most)).toFixed(1)}h${BAR - 1}V${HIGH}z` : ''))
        .join('');
    }

    ticks(log) {
      let last = -BAR;
      let path = '';
      for (const row of log.failures) {
        const left = Math.max(2, Math.min(this.width - 4, this.shareOf(log.time[row]) * this.width));
        if (left - last < BAR) continue;
        last = left;
        path += `M${(left - 1.5).toFixed(1)} 0h4v14h-1.5V${HIGH}h-1V14h-1.5z`;
      }
      return path;
    }
  }

  Replay.Scrubber = Scrubber;
})(window.Replay);
