'use strict';
/* The selected video, or the whole run, as of now: how far, how fast, how long to go, and what came of it. */
(function (Replay) {
  const { format, put, show, facts } = Replay;

  class StatusPanel {
    constructor(view) {
      this.view = view;
      const names = ['subject', 'whole-run', 'state', 'badge', 'percent', 'meter', 'facts', 'error', 'results',
        'result-facts', 'result-links', 'status'];
      this.parts = Object.fromEntries(names.map((name) => [name, document.getElementById(name)]));
      this.parts['whole-run'].addEventListener('click', () => view.select(null));
    }

    update() {
      const { selected } = this.view;
      show(this.parts['whole-run'], selected !== null);
      if (selected) this.showJob(selected); else this.showRun();
      this.showBadge();
    }

    showBadge() {
      const { badge } = this.parts;
      const { source, job } = this.view;
      show(badge, true);
      if (!source.isServer) {
        put(badge, '■ Static copy');
        badge.title = 'Events from the files beside this page, without a server';
        badge.className = 'badge';
        return;
      }
      /* The socket of a video that has ended is not opened again; then the run's tells. */
      const isConnected = job && !job.isOver ? job.isConnected : source.isConnected;
      put(badge, isConnected ? '● Live' : '○ Polling');
      badge.title = isConnected ? 'WebSocket connected' : 'Using HTTP polling';
      badge.className = `badge ${isConnected ? 'live' : 'polling'}`;
    }

    gauge(status, percent, text) {
      const { meter, status: panel } = this.parts;
      put(this.parts.percent, text);
      meter.firstElementChild.style.transform = `scaleX(${percent / 100})`;
      meter.setAttribute('aria-valuenow', String(percent));
      meter.setAttribute('aria-valuetext', `${text}, ${status}`);
      panel.dataset.status = status;
    }

    word(status, text) {
      put(this.parts.state, `${Replay.SHAPES[status]} ${text}`);
      this.parts.state.className = status;
    }

    showRun() {
      const { view } = this;
      const { log, rows } = view;
      const at = (name) => (rows ? log[name][rows - 1] : 0);
      const { running } = view;
      const failed = at('failed');
      const ended = at('completed') + failed;
      const planned = Math.max(log.planned, ended + running.length);
      const done = ended + running.reduce((sum, job) => sum + log.state(job, rows).percent / 100, 0);
      const share = planned ? Math.min(1, done / planned) : 0;
      const speed = running.reduce((sum, job) => sum + (log.speed(job, rows) ?? 0), 0);
      const isOver = log.finish >= 0 && rows > log.finish;
      const isUnjoined = view.isUnjoined && rows === log.count;
      const isCut = view.isInterrupted && !isUnjoined && rows === log.count;
      const left = share > 0 && share < 1 ? view.at * (1 - share) / share : NaN;
      put(this.parts.subject, 'Whole run');
      const isDone = isOver || isUnjoined;
      const status = isCut ? 'failed' : isDone ? 'completed' : rows ? 'running' : 'pending';
      const end = isUnjoined ? 'done, not joined' : 'finished';
      if (isDone && failed) this.word('failed', `${end}, ${format.count(failed)} failed`);
      else this.word(status, isCut ? 'interrupted' : isDone ? end : rows ? 'running' : 'not started');
      const percent = isDone ? 100 : Math.floor(100 * share);
      this.gauge(status, percent, `${percent} %`);
      facts(this.parts.facts, [
        ['Videos done', `${format.count(ended)} of ${format.count(planned)}`],
        ['Failed', failed ? `${Replay.SHAPES.failed} ${format.count(failed)}` : null],
        ['Skipped', at('skipped') ? format.count(at('skipped')) : null],
        ['At work', running.length ? format.count(running.length) : null],
        ['Speed', speed ? format.rate(speed) : null],
        ['Left', isDone || isCut || !Number.isFinite(left) ? null : format.span(left)],
        ['Elapsed', format.span(view.at)],
        ['Next', isUnjoined ? 'forgebatch merge joins the shards' : null],
      ]);
      show(this.parts.error, isCut);
      put(this.parts.error, isCut ? 'The run ended without finishing its log: its process was killed or lost its disk.' : '');
      show(this.parts.results, false);
    }

    showJob(job) {
      const { view } = this;
      const state = view.selectedState();
      put(this.parts.subject, Replay.visible(job.path));
      this.word(state.status, state.status);
      this.gauge(state.status, state.percent, state.status === 'skipped' ? '' : format.percent(state));
      facts(this.parts.facts, this.jobFacts(job, state));
      show(this.parts.error, state.message !== '');
      put(this.parts.error, Replay.visible(state.message));
      this.showResult(job, state);
    }

    jobFacts(job, state) {
      const { log, rows, at } = this.view;
      const { tools, toolsDone, tool } = state;
      const isRunning = state.status === 'running';
      const speed = log.speed(job, rows);
      const passes = Math.max(1, tools);
      const total = state.total || state.estimate;
      const left = Math.max(0, total - state.frame) + (passes - 1 - Math.min(toolsDone, passes - 1)) * total;
      const all = state.total ? format.count(state.total) : state.estimate ? `about ${format.count(state.estimate)}` : 'unknown';
      const start = state.start < 0 ? NaN : log.time[state.start];
      const end = isRunning ? at : state.last < 0 ? NaN : log.time[state.last];
      return [
        ['Frame', state.frame ? `${format.count(state.frame)} of ${all}` : null],
        ['Tool', tools > 1 ? `${Math.min(toolsDone + 1, tools)} of ${tools}${tool ? `, ${Replay.visible(tool)}` : ''}` : isRunning ? '1 of 1' : null],
        ['Speed', speed ? format.rate(speed) : null],
        ['Left', isRunning && speed && total && left ? format.span(left / speed) : null],
        [isRunning ? 'Elapsed' : 'Took', state.status === 'skipped' ? null : Number.isFinite(end - start) ? format.span(end - start) : null],
        ['Started', Number.isFinite(start) && state.status !== 'skipped' ? format.clock(start) : null],
        ['Size', job.size && state.status !== 'pending' ? format.bytes(job.size) : null],
      ];
    }

    showResult(job, state) {
      const result = state.status === 'completed' || state.status === 'skipped' ? this.view.resultOf(job) : null;
      show(this.parts.results, result !== null);
      if (!result) return;
      const shape = Replay.SHAPES[result.verdict === 'ok' ? 'completed' : result.verdict] ?? '';
      facts(this.parts['result-facts'], [
        ['Verdict', result.verdict ? `${shape} ${Replay.visible(result.verdict)}` : null],
        ['Frames', Number.isFinite(result.frames) ? format.count(result.frames) : null],
        ['Detections', Number.isFinite(result.detections) ? format.count(result.detections) : null],
        ['Classes', result.classes?.length ? Replay.visible(result.classes.join(', ')) : null],
        ['Superseded by', result.superseded ? Replay.visible(result.superseded) : null],
      ]);
      this.links([['Page in the report', result.page], ['Result', result.href]]);
    }

    links(wanted) {
      const all = wanted.filter(([, href]) => typeof href === 'string' && href);
      const state = JSON.stringify(all);
      if (state === this.linked) return;
      this.linked = state;
      this.parts['result-links'].replaceChildren(...all.map(([text, href]) => {
        const link = Replay.make('a', '', text);
        /* An address of the server or of the report, never another scheme. */
        const address = new URL(href, document.baseURI);
        if (address.protocol === location.protocol && address.host === location.host) link.href = address.href;
        return link;
      }));
    }
  }

  Replay.StatusPanel = StatusPanel;
})(window.Replay);
