'use strict';
/*
 * Where a log comes from: chunks of script beside a static report, or a server. Both offer open(), load(), details() and
 * stop(); what changes by itself is told to the functions in `on`.
 */
(function (Replay) {
  const RETRY = 2000;
  const pause = (milliseconds) => new Promise((done) => { setTimeout(done, milliseconds); });
  /* Lets the page draw and answer between two pieces. */
  const breathe = () => pause(0);

  /* The chunks beside the report, which are classic scripts: from a file nothing else can be read. */
  class StaticSource {
    constructor() {
      this.isServer = false;
      this.videos = null;
    }

    async open() {
      Replay.index = (index) => { this.index = index; };
      await this.script('data/replay.js');
      if (!this.index) throw new Error('The events cannot be read: data/replay.js is not beside this page.');
      return [{ ...this.index.run, selected: true }];
    }

    async load(log, run, progress) {
      let chunk = null;
      Replay.chunk = (data) => { chunk = data; };
      for (let number = 0; number < this.index.chunks; number += 1) {
        await this.script(`data/replay-${number}.js`);
        if (!chunk) throw new Error(`The events cannot all be read: data/replay-${number}.js is not beside this page.`);
        StaticSource.read(log, chunk);
        chunk = null;
        progress((number + 1) / this.index.chunks);
        await breathe();
      }
      Replay.videos = (videos) => { this.videos = videos; };
      await this.script('data/replay-videos.js');
    }

    /* Adds a chunk's lines: the columns' rows, but those that are given as text. */
    static read(log, { ids, from, seq: before, job, frame, total, percent, time, lines, bytes }) {
      let stamp = from;
      let seq = before;
      for (let row = 0; row < job.length; row += 1) {
        if (job[row] >= 0) {
          stamp += time[row];
          seq += 1;
          const id = ids[job[row]];
          if (frame[row] < 0) log.addCompleted(id, stamp, seq);
          else log.addProgress(id, frame[row], total[row], percent[row], stamp, seq);
        } else if (lines[row] !== undefined) {
          log.addLine(lines[row]);
          if (log.kind[log.count - 1] !== Replay.UNREADABLE) seq = log.seq[log.count - 1];
        } else {
          const exact = Uint8Array.from(atob(bytes[row]), (byte) => byte.charCodeAt(0));
          log.addLine(new TextDecoder('utf-8', { ignoreBOM: true }).decode(exact));
          log.exact.set(log.count - 1, exact);
        }
      }
    }

    /* What became of a video of this run: { verdict, frames, classes, page, href }. */
    details(id) {
      const found = this.videos && Object.hasOwn(this.videos, id) ? this.videos[id] : null;
      if (!found) return null;
      const [verdict, frames, hasPage, result, classes = []] = found;
      return {
        verdict, frames, classes, page: hasPage ? `v/${id.slice(0, 2)}/${id}.html` : null, href: result ? `../${result}` : null,
      };
    }

    script(path) {
      return new Promise((done) => {
        const script = document.createElement('script');
        script.src = path;
        script.onload = script.onerror = () => {
          script.remove();
          done();
        };
        document.head.append(script);
      });
    }

    stop() {}
  }

  class ServerSource {
    constructor() {
      this.isServer = true;
      this.isLost = false;
      this.isStopped = false;
      this.isPutting = false;
      this.pending = null;
    }

    async open() {
      const { runs } = await (await Replay.ask('v1/runs')).json();
      return runs;
    }

    /* The newest run there is; null in a folder without runs. */
    async newest() {
      const { runs } = await (await Replay.ask('v1/runs?limit=1')).json();
      return runs[0] ?? null;
    }

    get path() { return `v1/runs/${encodeURIComponent(this.run.run_id)}`; }

    /* Reads the log as it comes, again from where it was when the server goes away meanwhile. */
    async load(log, run, progress) {
      Object.assign(this, { log, run, offset: 0, isLoaded: false, rest: '' });
      /* A live run's lines are asked for from where the log ends, so its socket waits for that. */
      if (run.state !== 'running') this.listen();
      while (!this.isStopped) {
        try {
          await this.read(progress);
          break;
        } catch (error) {
          if (error.status === 404) throw error;
          this.lose();
          await pause(RETRY);
        }
      }
      this.isLoaded = true;
      if (run.state === 'running') this.listen();
    }

    /* Takes the lines from `offset` on. */
    async read(progress) {
      if (this.offset) {
        const { size } = await (await Replay.ask(this.path)).json();
        if (size <= this.offset) return;
      }
      const headers = this.offset ? { Range: `bytes=${this.offset}-` } : {};
      const response = await Replay.ask(`${this.path}/log`, { headers });
      const size = this.offset + Number(response.headers.get('content-length') ?? 0);
      const reader = response.body.getReader();
      const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
      let start = new Uint8Array(0);
      while (!this.isStopped) {
        const { value, done } = await reader.read();
        if (done) return;
        const end = value.lastIndexOf(10) + 1;
        if (!end) {
          start = ServerSource.joined(start, value);
          continue;
        }
        const whole = ServerSource.joined(start, value.subarray(0, end));
        start = value.slice(end);
        this.offset += whole.length;
        /* A run of many lines is taken in pieces, so that the page never stands still. */
        for (let from = 0; from < whole.length;) {
          let to = Math.min(whole.length, from + (1 << 18));
          to = to < whole.length ? whole.indexOf(10, to) + 1 : to;
          this.takeLines(decoder.decode(whole.subarray(from, to)));
          from = to;
          progress(size ? Math.min(1, this.offset / size) : 1);
          await breathe();
        }
      }
      reader.cancel();
    }

    static joined(first, second) {
      if (!first.length) return second;
      const both = new Uint8Array(first.length + second.length);
      both.set(first);
      both.set(second, first.length);
      return both;
    }

    takeLines(text) {
      let from = 0;
      for (let to = text.indexOf('\n'); to >= 0; to = text.indexOf('\n', from)) {
        if (to > from) this.log.addLine(text.slice(from, to));
        from = to + 1;
      }
    }

    listen() {
      let wasOpen = false;
      this.channel = new Replay.Channel({
        address: () => Replay.socketAddress(
          `v1/ws/runs/${encodeURIComponent(this.run.run_id)}?from=${this.isLoaded ? this.log.lastSeq + 1 : 4294967295}`),
        message: (event, text) => this.take(event, text),
        change: () => {
          if (wasOpen) this.isLost = true;
          wasOpen = this.channel.isOpen;
          this.on.link();
        },
        poll: () => this.poll(),
      });
      this.channel.start();
    }

    get isConnected() { return this.channel?.isOpen ?? false; }

    take(event, text) {
      if (event.type === 'replay_clock') {
        this.clocks = (this.clocks ?? 0) + 1;
        return this.takeClock(event);
      }
      if (event.type === 'run_interrupted') return this.on.interrupted();
      if (!this.isLoaded || !Number.isInteger(event.seq) || event.seq <= this.log.lastSeq) return;
      if (this.isCatchingUp || event.seq > this.log.lastSeq + 1) return this.catchUp();
      this.log.addLine(text);
      this.offset += new TextEncoder().encode(text).length + 1;
      this.on.lines();
    }

    /* Whether the lines that a server tells now have other numbers than those that are here. */
    isAnother({ made = '' }) {
      this.made ??= made;
      return this.made !== made;
    }

    takeClock(clock) {
      if (this.isAnother(clock)) return this.on.anew();
      /* The last lines may come after the news that nothing more does. */
      if (this.isLoaded && this.wasLive && !clock.live) this.catchUp();
      this.wasLive = clock.live;
      const hasReturned = this.isLost;
      this.isLost = false;
      if (!this.isPutting) this.on.clock(clock, hasReturned);
    }

    /* Reads what the socket did not bring. */
    async catchUp() {
      this.isBehind = true;
      if (this.isCatchingUp) return;
      this.isCatchingUp = true;
      try {
        while (this.isBehind && !this.isStopped) {
          this.isBehind = false;
          await this.read(() => {});
          this.on.lines();
        }
      } catch {
        this.lose();
        this.isBehind = true;
        setTimeout(() => { if (this.isBehind && !this.isStopped) this.catchUp(); }, RETRY);
      }
      this.isCatchingUp = false;
    }

    async poll() {
      const { clocks } = this;
      try {
        const clock = await (await Replay.ask(`${this.path}/replay`)).json();
        /* What the socket told meanwhile is newer. */
        if (this.isStopped || clocks !== this.clocks) return;
        if (this.isAnother(clock)) return this.on.anew();
        if (this.isLoaded && (clock.live || clock.duration > this.log.duration + 0.001)) await this.catchUp();
        if (!this.isStopped) this.takeClock(clock);
      } catch {
        this.lose();
      }
      this.on.link();
    }

    lose() {
      this.isLost = true;
      this.on.link();
    }

    /* Moves the server's clock. One request at a time; what is asked for meanwhile is joined. */
    async put(moment) {
      this.pending = { ...this.pending, ...moment };
      if (this.isPutting) return;
      this.isPutting = true;
      let clock = null;
      while (this.pending && !this.isStopped) {
        const body = JSON.stringify(this.pending);
        this.pending = null;
        try {
          const headers = { 'content-type': 'application/json' };
          clock = await (await Replay.ask(`${this.path}/replay`, { method: 'PUT', headers, body })).json();
        } catch (error) {
          clock = null;
          if (!error.status) this.lose();
          else this.on.refused(error.message);
        }
      }
      this.isPutting = false;
      if (clock && !this.isStopped) this.on.clock(clock, false);
    }

    details() { return null; }

    stop() {
      this.isStopped = true;
      this.channel?.stop();
    }
  }

  Object.assign(Replay, { StaticSource, ServerSource });
})(window.Replay);
