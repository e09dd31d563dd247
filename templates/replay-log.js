'use strict';
/*
 * The progress log of one run, in columns: a row is a line. A moment is found by one binary search over the times; what a
 * job was doing then, by one over its own rows. Lines of progress are kept as numbers alone and written out again when
 * they are shown; all others keep their text.
 */
window.Replay = {};

(function (Replay) {
  const KINDS = ['progress', 'started', 'completed', 'failed', 'skipped', 'retry', 'run started', 'run finished', 'note', 'unreadable', 'planned'];
  const [PROGRESS, STARTED, COMPLETED, FAILED, SKIPPED, RETRY, RUN_STARTED, RUN_FINISHED, NOTE, UNREADABLE, PLANNED] = KINDS.keys();
  const TYPES = {
    job_planned: PLANNED, jobs_skipped: SKIPPED, job_started: STARTED, job_skipped: SKIPPED, job_retry: RETRY, run_started: RUN_STARTED, run_finished: RUN_FINISHED,
  };
  /* Why videos were left alone, as the log says it and as people do. */
  const REASONS = { up_to_date: 'up to date', damaged: 'damaged as before', failed: 'failed before', quarantined: 'in quarantine' };

  /* Exactly the form in which progress and completions are written, so that numbers are enough to write them again. */
  const TAIL = ',"ts":"(\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d):([0-5]\\d)\\.(\\d{3})Z","seq":([1-9]\\d{0,8})\\}$';
  const ID = '([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})';
  const COUNT = '(0|[1-9]\\d{0,8})';
  const QUICK = new RegExp(
    `^\\{"job_id":"${ID}","current_frame":${COUNT},"total_frames":${COUNT},"percent":(\\d|[1-9]\\d|100)${TAIL}`);
  const DONE = new RegExp(`^\\{"status":"completed","job_id":"${ID}"${TAIL}`);

  /* Seconds without a line that make a gap; a gap is played for so long and then jumped. */
  const GAP = 5;

  /* The first index from which on `isRight` holds; it holds for all behind. */
  function partition(count, isRight) {
    let low = 0, high = count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isRight(middle)) high = middle; else low = middle + 1;
    }
    return low;
  }

  /* Run time as it was, and played time, in which no gap is longer than GAP. Both in seconds from the first line. */
  class Timeline {
    constructor() {
      this.gaps = [];
      this.duration = 0;
    }

    add(start, end) {
      if (end - start > GAP) this.gaps.push({ start, end, played: this.played(start) });
    }

    played(time) {
      const gap = this.gaps[partition(this.gaps.length, (index) => this.gaps[index].start >= time) - 1];
      if (!gap) return time;
      if (time >= gap.end) return gap.played + GAP + time - gap.end;
      return gap.played + Math.min(time - gap.start, GAP);
    }

    time(played) {
      const gap = this.gaps[partition(this.gaps.length, (index) => this.gaps[index].played >= played) - 1];
      if (!gap) return played;
      const inside = played - gap.played;
      return inside < GAP ? gap.start + inside : gap.end + inside - GAP;
    }

    /* The gap that a moment lies in. */
    gapAt(time) {
      const gap = this.gaps[partition(this.gaps.length, (index) => this.gaps[index].start >= time) - 1];
      return gap && time < gap.end ? gap : null;
    }
  }

  class Log {
    constructor() {
      this.count = 0;
      this.capacity = 0;
      this.timeline = new Timeline();
      this.jobs = [];
      this.places = new Map();
      this.texts = new Map();
      this.exact = new Map();
      this.members = new Map();
      this.notable = [];
      this.failures = [];
      this.finish = -1;
      this.planned = 0;
      /* Of a run in shards whose logs are read together: how many there are. */
      this.shards = 0;
      /* Lines that say what the run will do; they all stand at its beginning. */
      this.plans = 0;
      this.runID = '';
      this.version = '';
      this.broken = 0;
      this.lastSeq = 0;
      this.first = NaN;
      this.latest = 0;
      this.minute = { text: '', start: NaN };
      this.grow(1 << 12);
    }

    grow(capacity) {
      const wider = (name, Kind) => {
        const column = new Kind(capacity);
        if (this[name]) column.set(this[name]);
        this[name] = column;
      };
      for (const name of ['stamp', 'time']) wider(name, Float64Array);
      for (const name of ['frame', 'total', 'seq', 'started', 'completed', 'failed', 'skipped']) wider(name, Uint32Array);
      wider('job', Int32Array);
      wider('kind', Uint8Array);
      wider('percent', Uint8Array);
      this.capacity = capacity;
    }

    get duration() { return this.count ? this.time[this.count - 1] : 0; }

    /* Adds a line given as text. */
    addLine(line) {
      let match = QUICK.exec(line);
      if (match) {
        const stamp = this.milliseconds(match[5], match[6], match[7]);
        if (stamp === stamp) return this.addProgress(match[1], +match[2], +match[3], +match[4], stamp, +match[8]);
      } else if ((match = DONE.exec(line))) {
        const stamp = this.milliseconds(match[2], match[3], match[4]);
        if (stamp === stamp) return this.addCompleted(match[1], stamp, +match[5]);
      }
      this.addOther(line);
    }

    addProgress(id, frame, total, percent, stamp, seq) {
      const row = this.append(PROGRESS, this.place(id), stamp, seq);
      this.frame[row] = frame;
      this.total[row] = total;
      this.percent[row] = percent;
    }

    addCompleted(id, stamp, seq) {
      this.append(COMPLETED, this.place(id), stamp, seq);
    }

    addOther(line) {
      let json = null;
      try { json = JSON.parse(line); } catch { /* counted below */ }
      const isEvent = json !== null && typeof json === 'object' && typeof json.ts === 'string' && Number.isInteger(json.seq);
      const stamp = isEvent ? Date.parse(json.ts) : NaN;
      if (stamp !== stamp) {
        this.broken += 1;
        const before = this.count ? this.stamp[this.count - 1] : 0;
        this.texts.set(this.append(UNREADABLE, -1, before, this.lastSeq), line);
        return;
      }
      const isOfJob = typeof json.job_id === 'string';
      const many = json.type === 'jobs_skipped' && json.count > 0 ? Math.trunc(json.count) : 1;
      const row = this.append(this.kindOf(json), isOfJob ? this.place(json.job_id) : -1, stamp, json.seq, many);
      this.texts.set(row, line);
      this.take(json, row);
    }

    kindOf(json) {
      if (typeof json.type === 'string') return TYPES[json.type] ?? NOTE;
      if (typeof json.job_id !== 'string') return NOTE;
      if (json.status === 'completed') return COMPLETED;
      if (json.status === 'error') return FAILED;
      return Number.isFinite(json.current_frame) ? PROGRESS : NOTE;
    }

    /* What a line holds besides the columns. */
    take(json, row) {
      const count = (value) => (Number.isFinite(value) && value > 0 ? Math.min(Math.trunc(value), 0xffffffff) : 0);
      const text = (value) => (typeof value === 'string' ? value : '');
      const job = this.jobs[this.job[row]];
      switch (this.kind[row]) {
        case PROGRESS:
          this.frame[row] = count(json.current_frame);
          this.total[row] = count(json.total_frames);
          this.percent[row] = Math.min(100, count(json.percent));
          if (json.current_tool !== undefined || json.tools_total !== undefined) {
            this.members.set(row, {
              tool: text(json.current_tool), tools: count(json.tools_total), toolsDone: count(json.tools_completed),
            });
          }
          break;
        case STARTED:
          this.total[row] = count(json.total_frames);
          if (job) {
            job.estimate = count(json.estimated_total);
            job.path = text(json.path) || job.path;
            job.size = count(json.size);
          }
          break;
        case PLANNED:
          this.plans += 1;
          if (job) {
            job.path = text(json.path) || job.path;
            job.size = count(json.size);
          }
          break;
        case SKIPPED:
          if (job) job.path = text(json.path) || job.path;
          this.members.set(row, { text: job ? text(json.reason) : Log.skipped(json) });
          break;
        case RETRY: this.members.set(row, { text: text(json.reason), attempt: count(json.try) }); break;
        case FAILED: this.members.set(row, { text: text(json.message) }); break;
        case RUN_STARTED:
          this.planned = count(json.jobs);
          this.runID = text(json.run_id);
          this.version = text(json.version);
          break;
        case RUN_FINISHED: this.members.set(row, { exitStatus: json.exit_status, counts: json.counts }); break;
        case NOTE:
          if (json.type === 'shard_started') this.shards = Math.max(this.shards, count(json.shards));
          this.members.set(row, { text: Log.note(json) });
          break;
      }
    }

    static note({ type, shard, shards, host }) {
      if (type === 'shard_started') return `shard ${Math.trunc(shard) || 0} of ${Math.trunc(shards) || 0} on ${host}`;
      return typeof type === 'string' ? type : '';
    }

    /* How many were left alone, and why. */
    static skipped({ count, reasons }) {
      const told = Object.entries(REASONS).filter(([word]) => reasons?.[word] > 0)
        .map(([word, text]) => `${Math.trunc(reasons[word])} ${text}`);
      return told.join(', ') || `${Math.trunc(count) || 0} videos`;
    }

    /* many: of how many videos a line tells. */
    append(kind, job, stamp, seq, many = 1) {
      const row = this.count;
      if (row === this.capacity) this.grow(2 * this.capacity);
      if (this.first !== this.first && stamp) this.first = stamp;
      const before = row ? this.time[row - 1] : 0;
      /* A line written after the clock stepped back counts as written with the line before. */
      const time = Math.max(before, (stamp - this.first) / 1000 || 0);
      if (row) this.timeline.add(before, time);
      this.timeline.duration = time;
      this.stamp[row] = stamp;
      this.time[row] = time;
      this.kind[row] = kind;
      this.job[row] = job;
      this.seq[row] = seq;
      for (const name of ['started', 'completed', 'failed', 'skipped']) {
        this[name][row] = (row ? this[name][row - 1] : 0) + (KINDS[kind] === name ? many : 0);
      }
      if (job >= 0) this.jobs[job].rows.push(row);
      if (kind !== PROGRESS && kind !== SKIPPED && kind !== PLANNED) this.notable.push(row);
      if (kind === FAILED) this.failures.push(row);
      if (kind === RUN_FINISHED) this.finish = row;
      this.lastSeq = Math.max(this.lastSeq, seq);
      this.count = row + 1;
      return row;
    }

    place(id) {
      let place = this.places.get(id);
      if (place === undefined) {
        place = this.jobs.length;
        this.places.set(id, place);
        this.jobs.push({ place, id, path: id, size: 0, estimate: 0, rows: [] });
      }
      return place;
    }

    milliseconds(minute, second, fraction) {
      if (minute !== this.minute.text) {
        const start = Date.parse(minute + ':00.000Z');
        const isReal = start === start && new Date(start).toISOString().startsWith(minute);
        this.minute = { text: minute, start: isReal ? start : NaN };
      }
      return this.minute.start + second * 1000 + +fraction;
    }

    /* A line as it stands in the log. */
    line(row) {
      const text = this.texts.get(row);
      if (text !== undefined) return text;
      const tail = `"ts":"${new Date(this.stamp[row]).toISOString()}","seq":${this.seq[row]}}`;
      const id = this.jobs[this.job[row]].id;
      if (this.kind[row] === COMPLETED) return `{"status":"completed","job_id":"${id}",${tail}`;
      return `{"job_id":"${id}","current_frame":${this.frame[row]},"total_frames":${this.total[row]},`
        + `"percent":${this.percent[row]},${tail}`;
    }

    /* How many lines had been written at a moment. */
    rowsUntil(seconds) {
      /* Half a millisecond more: times are whole milliseconds that a sum of fractions may miss. */
      const limit = seconds + 0.0005;
      return partition(this.count, (row) => this.time[row] > limit);
    }

    /* How many of a job's lines are among the first `rows` of the log. */
    rowsOf(job, rows) {
      const { length } = job.rows;
      /* Most videos of a long run are over or yet to come. */
      if (!length || job.rows[length - 1] < rows) return length;
      if (job.rows[0] >= rows) return 0;
      return partition(length, (index) => job.rows[index] >= rows);
    }

    /* What a job was doing after the first `rows` lines of the log. */
    state(job, rows) {
      const own = this.rowsOf(job, rows);
      const state = { status: 'pending', frame: 0, total: 0, percent: 0, estimate: 0, row: -1, last: -1, start: -1 };
      if (!own) return state;
      const last = job.rows[own - 1];
      state.last = last;
      const first = this.kind[job.rows[0]] === PLANNED ? 1 : 0;
      if (first < own) state.start = job.rows[first];
      state.status = this.statusOf(job, own);
      let index = own - 1;
      while (index >= 0 && this.kind[job.rows[index]] !== PROGRESS) index -= 1;
      if (index >= 0) {
        const row = job.rows[index];
        Object.assign(state, { row, frame: this.frame[row], total: this.total[row], percent: this.percent[row] });
      } else if (this.kind[last] === STARTED) {
        state.total = this.total[last];
      }
      if (state.status === 'completed') state.percent = 100;
      else if (state.status === 'running' && !state.total && job.estimate) {
        /* Nobody knows how many frames there are: what duration and rate come to has to do. */
        state.estimate = job.estimate;
        state.percent = Math.min(99, Math.floor(100 * state.frame / job.estimate));
      }
      return state;
    }

    /* The status after a job's first `own` lines. */
    statusOf(job, own) {
      for (let index = own - 1; index >= 0; index -= 1) {
        switch (this.kind[job.rows[index]]) {
          case PROGRESS: case STARTED: case RETRY: return 'running';
          case COMPLETED: return 'completed';
          case FAILED: return 'failed';
          case SKIPPED: return 'skipped';
        }
      }
      return 'pending';
    }

    /* Frames a second over the last ten seconds of a job; null before there is anything to tell it from. */
    speed(job, rows) {
      const own = this.rowsOf(job, rows);
      let to = own - 1;
      while (to >= 0 && this.kind[job.rows[to]] !== PROGRESS) to -= 1;
      if (to < 1) return null;
      let from = to;
      const isEarlier = (index) => index >= 0 && this.kind[job.rows[index]] === PROGRESS
        && this.frame[job.rows[index]] <= this.frame[job.rows[from]];
      const end = this.time[job.rows[to]];
      while (isEarlier(from - 1) && end - this.time[job.rows[from]] < 10) from -= 1;
      const seconds = end - this.time[job.rows[from]];
      const frames = this.frame[job.rows[to]] - this.frame[job.rows[from]];
      return seconds > 0 && frames > 0 ? frames / seconds : null;
    }
  }

  Object.assign(Replay, {
    KINDS, PROGRESS, STARTED, COMPLETED, FAILED, SKIPPED, RETRY, RUN_STARTED, RUN_FINISHED, NOTE, UNREADABLE, PLANNED, GAP,
    partition, Timeline, Log,
  });
})(window.Replay);
