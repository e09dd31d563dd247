'use strict';
/* One run on the page: its log, its clock, the video that is selected, and what shows them. */
(function (Replay) {
  const { put } = Replay;
  /* Milliseconds between two looks at the lists while the replay goes on. */
  const BEAT = 100;
  /* Milliseconds between two looks at a server's clock. */
  const RESYNC = 10000;

  class View {
    constructor() {
      this.isStopped = true;
      this.frame = () => this.draw();
    }

    /* Turns to a run. */
    begin(source, run) {
      this.source = source;
      this.run = run;
      this.log = new Replay.Log();
      this.clock = new Replay.Clock(this.log.timeline);
      this.clock.duration = run.duration ?? 0;
      this.rows = 0;
      this.at = 0;
      this.selected = null;
      this.wantedJob = null;
      this.job = null;
      this.running = [];
      this.pin = null;
      this.isLive = run.state === 'running';
      this.isFollowing = this.isLive;
      this.isInterrupted = run.state === 'interrupted';
      this.isComplete = false;
      this.hasClock = false;
      this.wanted = null;
      this.isStopped = false;
      source.on = this.listener(source);
      this.refresh(true);
    }

    get isPlaying() { return this.isFollowing || this.clock.playing; }

    stop() {
      this.isStopped = true;
      clearInterval(this.resync);
      clearTimeout(this.opening);
      this.source?.stop();
      this.job?.stop();
    }

    /* What a source tells, as long as it is the one that is shown. */
    listener(source) {
      const whenShown = (action) => (...news) => { if (this.source === source && !this.isStopped) action(...news); };
      return {
        clock: whenShown((clock, hasReturned) => this.takeClock(clock, hasReturned)),
        lines: whenShown(() => {
          /* Shards that were left were joined. */
          if (this.log.finish >= 0) this.isInterrupted = false;
          this.grown();
        }),
        link: whenShown(() => this.refresh()),
        anew: whenShown(() => this.anew()),
        interrupted: whenShown(() => {
          this.isLive = false;
          this.isInterrupted = true;
          this.refresh();
        }),
        refused: whenShown((reason) => {
          this.tell(`The server refused: ${reason}`);
          source.poll();
        }),
      };
    }

    /* Reads the log of the run that is shown. */
    async load() {
      const { source, log, run } = this;
      if (source.isServer) {
        this.resync = setInterval(() => {
          if (this.clock.playing && !this.isLive && source.isConnected) source.poll();
        }, RESYNC);
      }
      await source.load(log, run, () => source.on.lines());
      if (this.source !== source || this.isStopped) return;
      this.isComplete = true;
      this.grown();
      /* Gaps that were not known yet may have made the clocks part. */
      if (source.isServer && !this.isLive) source.poll();
    }

    /* There are more lines. */
    grown() {
      const { log } = this;
      this.clock.duration = this.isComplete && !this.isLive ? log.duration : Math.max(this.clock.duration, log.duration);
      if (this.isLive && log.finish >= 0) this.isLive = false;
      if (this.wantedJob) this.selectID(this.wantedJob);
      this.refresh();
    }

    takeClock(clock, hasReturned) {
      const isNew = !this.hasClock;
      this.hasClock = true;
      if (clock.live !== undefined) this.isLive = clock.live;
      if (this.isLive) this.isInterrupted = false;
      if (this.isLive) {
        if (isNew && !this.wanted) this.isFollowing = true;
        this.wanted = null;
        return this.refresh();
      }
      if (this.isFollowing) {
        /* The run is over: what is left of its lines comes next. */
        this.isFollowing = false;
        this.clock.duration = Math.max(this.log.duration, clock.duration);
        this.clock.set({ at: this.clock.duration, playing: false });
      }
      this.clock.duration = Math.max(this.isComplete ? 0 : this.clock.duration, this.log.duration, clock.duration);
      const { at, speed, playing } = clock;
      /* A clock is standing at its end or not at all: then playing says nothing. */
      const isSame = this.clock.isNear(at) && this.clock.speed === speed
        && (this.clock.playing === playing || Math.abs(at - clock.duration) < 0.01);
      if (this.wanted) {
        this.source.put(this.wanted);
        this.wanted = null;
      } else if (hasReturned && !isNew) {
        /* Perhaps another server, whose clock began anew: it takes over this moment. */
        if (!isSame) this.source.put(this.clock.moment);
      } else if (this.isHeldUp(clock)) {
        this.source.put({ at: this.clock.moment.at });
      } else if (!isSame) {
        this.pin = null;
        this.clock.set({ at, speed, playing });
        this.job?.moved();
      }
      this.refresh();
    }

    /* Whether a server plays a gap to its end that is jumped here: it may have been told not to shorten any. */
    isHeldUp({ at, playing }) {
      const gap = this.clock.timeline.gapAt(at);
      if (!gap || !playing || !this.clock.playing || this.clock.speed === 'max') return false;
      const ahead = this.clock.read() - gap.end;
      return at - gap.start > Replay.GAP + this.clock.speed / 5 && ahead >= 0 && ahead < 20 * this.clock.speed;
    }

    /* Changes the clock here, and the server's. */
    change(moment) {
      if (moment.at !== undefined) this.pin = null;
      this.isFollowing = false;
      this.clock.set(moment);
      if (this.source.isServer && !this.isLive) {
        if (this.hasClock) this.source.put(moment);
        else this.wanted = { ...this.wanted, ...moment };
      }
      if (moment.at !== undefined) this.job?.moved();
      this.refresh(true);
    }

    seek(at) { this.change({ at: Math.max(0, Math.min(at, this.clock.duration)) }); }

    /* Shows the log as it was right after a row, though others may have been written in the same millisecond. */
    goTo(row, isStill = false) {
      const at = this.log.time[row];
      this.change(isStill ? { at, playing: false } : { at });
      if (!this.clock.playing) this.pin = { at, rows: row + 1 };
      this.refresh(true);
    }

    toggle() {
      if (this.isPlaying) return this.change({ at: this.currentAt(), playing: false });
      if (this.isLive && this.clock.at >= this.log.duration) return this.goLive();
      const moment = { playing: true };
      if (this.clock.at >= this.clock.duration) moment.at = 0;
      if (this.clock.speed === 'max') moment.speed = this.clock.comfortable;
      this.change(moment);
    }

    goLive() {
      this.pin = null;
      this.isFollowing = true;
      this.clock.set({ playing: false });
      this.job?.moved();
      this.refresh(true);
    }

    currentAt() {
      if (this.isFollowing) this.clock.set({ at: this.log.duration, playing: false });
      return this.clock.read();
    }

    select(job) {
      this.wantedJob = null;
      if (job === this.selected) return;
      this.selected = job;
      this.job?.stop();
      this.job = null;
      clearTimeout(this.opening);
      if (job && this.source.isServer && !this.isSkipped(job)) {
        /* Not for every row that the arrow keys pass. */
        this.opening = setTimeout(() => {
          this.job = new Replay.JobChannel(job.id, this.run.run_id, () => this.refresh());
        }, 150);
      }
      this.told = null;
      this.jobs.wanted = job;
      this.refresh(true);
      this.changed();
    }

    /* Selects a job by its id, now or when the log names it. */
    selectID(id) {
      const place = this.log.places.get(id);
      if (place === undefined) this.wantedJob = id;
      else this.select(this.log.jobs[place]);
    }

    /* Whether this run never began with a job. */
    isSkipped(job) { return job.rows.length > 0 && this.log.kind[job.rows.at(-1)] === Replay.SKIPPED; }

    /* A job's status after its first `own` lines; one that the end of a run cut short has failed. */
    statusOf(job, own) {
      const status = this.log.statusOf(job, own);
      return status === 'running' && this.isCut ? 'failed' : status;
    }

    stateOf(job) {
      const state = this.log.state(job, this.rows);
      if (state.status === 'running' && this.isCut) state.status = 'failed';
      return state;
    }

    /* Whether this is the end of a run that did not end. */
    get isCut() { return this.isInterrupted && !this.isUnjoined && this.isComplete && this.rows === this.log.count; }

    /* Whether all shards of a run have ended, and nobody joined them. */
    get isUnjoined() {
      const { log } = this;
      const last = log.count - 1;
      return this.isInterrupted && this.isComplete && log.shards > 0 && log.finish < 0
        && log.completed[last] + log.failed[last] >= log.planned;
    }

    /* Failures, and the end of a run that did not end. */
    get errorCount() { return this.log.failures.length + (this.isInterrupted && !this.isUnjoined && this.isComplete ? 1 : 0); }

    /* The selected job as of now: from the log where it reaches so far, else as its socket or HTTP tells. */
    selectedState() {
      const { log, selected, job } = this;
      const state = this.stateOf(selected);
      const more = log.members.get(state.row) ?? {};
      Object.assign(state, { tool: more.tool ?? '', tools: more.tools ?? 0, toolsDone: more.toolsDone ?? 0, message: '' });
      const last = state.last < 0 ? null : log.members.get(state.last);
      if (state.status === 'failed') state.message = last?.text ?? 'interrupted: the run ended without finishing this video';
      if (state.status === 'skipped') state.message = last?.text ? `skipped: ${last.text}` : '';
      if (job && !this.isComplete && this.at > log.duration && job.status !== 'pending') {
        Object.assign(state, job.progress ?? {}, { status: job.status, message: job.error });
      }
      return state;
    }

    resultOf(job) {
      if (!this.source.isServer) return this.source.details(job.id);
      return this.job?.result ?? null;
    }

    /* What is wrong with a completed video, where that is known. */
    flawOf(job) {
      const verdict = this.source.details(job.id)?.verdict;
      return verdict === 'damaged' || verdict === 'warning' ? verdict : '';
    }

    /* Asks for the page to be drawn anew; at once, or with the next beat. */
    refresh(isNow = false) {
      this.isDirty = true;
      if (isNow) this.drawnAt = 0;
      if (!this.isAsked && this.jobs && !this.isStopped) {
        this.isAsked = true;
        requestAnimationFrame(this.frame);
      }
    }

    draw() {
      this.isAsked = false;
      if (this.isStopped) return;
      const wasPlaying = this.clock.playing;
      const gap = wasPlaying && this.source.isServer ? this.clock.timeline.gapAt(this.at) : null;
      this.at = this.isFollowing ? this.log.duration : this.clock.read();
      if (wasPlaying && !this.clock.playing) this.ended();
      if (gap && this.at >= gap.end) this.lookSoon();
      const rows = this.pin && this.pin.at === this.at ? this.pin.rows : this.log.rowsUntil(this.at);
      if (rows !== this.rows) this.isDirty = true;
      this.rows = rows;
      this.transport.update();
      this.scrubber.place(this.at);
      const now = performance.now();
      if (this.isDirty && now - this.drawnAt >= BEAT) {
        this.isDirty = false;
        this.drawnAt = now;
        this.scrubber.draw();
        this.jobs.update();
        this.status.update();
        this.events.update();
        this.header.update();
        this.tellOfTheEnd();
      }
      if (this.clock.playing || this.isDirty) {
        this.isAsked = true;
        requestAnimationFrame(this.frame);
      }
    }

    /* Looks at the server's clock when it should have jumped a gap, too. */
    lookSoon() {
      const { source } = this;
      setTimeout(() => { if (this.source === source && !this.isStopped) source.poll(); }, 500);
    }

    /* The clock came to its end by itself. */
    ended() {
      if (this.isLive) this.goLive();
      this.changed();
    }

    /* Says once that the selected video has ended. */
    tellOfTheEnd() {
      if (!this.selected) return;
      const { status, message } = this.selectedState();
      const isOver = status === 'completed' || status === 'failed';
      if (isOver && this.told === 'running') this.tell(`${Replay.visible(this.selected.path)}: ${status}. ${Replay.visible(message)}`);
      this.told = status;
    }

    tell(text) { put(document.getElementById('announcement'), text); }

    /* A link that restores this moment. */
    get link() {
      const link = new URLSearchParams({ run: this.isFollowingNewest ? 'latest' : this.run.run_id });
      if (this.selected) link.set('job', this.selected.id);
      link.set('t', String(Math.round(this.currentMoment * 1000) / 1000));
      if (this.clock.speed !== 'max') link.set('speed', String(this.clock.speed));
      return `#${link}`;
    }

    get currentMoment() { return this.isFollowing ? this.log.duration : this.clock.read(); }

    /* Keeps the address in step: with the moment while it stands, without it while it goes on. */
    changed() {
      if (this.isStopped) return;
      const link = new URLSearchParams(this.link.slice(1));
      if (this.isPlaying) {
        link.delete('t');
        link.delete('speed');
      }
      try { history.replaceState(null, '', `#${link}`); } catch { /* too often: the next change will do */ }
    }

    /* Restores what a link asks for. */
    restore(link) {
      const at = parseFloat(link.get('t'));
      const speed = parseFloat(link.get('speed'));
      const job = link.get('job');
      if (job) this.selectID(job); else this.select(null);
      const moment = {};
      if (speed > 0 && speed <= 1e6) moment.speed = speed;
      if (at >= 0) Object.assign(moment, { at, playing: false });
      if (Object.keys(moment).length) this.change(moment);
      return at >= 0;
    }
  }

  Replay.View = View;
})(window.Replay);
