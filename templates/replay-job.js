'use strict';
/*
 * One job as a client of the progress protocol sees it: by its socket, and by polling while there is none. After a
 * terminal event nothing is opened again, unless the replay is moved.
 */
(function (Replay) {
  const count = (value) => (Number.isFinite(value) && value > 0 ? value : 0);

  class JobChannel {
    constructor(id, runID, change) {
      Object.assign(this, { id, runID, change });
      this.reset();
      const run = encodeURIComponent(runID);
      this.path = `v1/jobs/${encodeURIComponent(id)}?include=none&run=${run}`;
      this.channel = new Replay.Channel({
        address: () => Replay.socketAddress(`ws/jobs/${encodeURIComponent(id)}?run=${run}`),
        message: (event) => this.take(event),
        change: () => change(),
        poll: () => this.read(),
        isOver: () => this.isOver,
      });
      this.channel.start();
    }

    get isConnected() { return this.channel.isOpen; }
    get isOver() { return this.status === 'completed' || this.status === 'failed'; }

    /* Nothing is known as of a new moment. */
    reset() {
      this.status = 'pending';
      this.progress = null;
      this.error = '';
      this.problem = '';
      this.result = null;
    }

    /* The replay was moved: what has ended may not have ended then. */
    moved() {
      if (!this.isOver) return;
      this.reset();
      this.channel.revive();
    }

    stop() { this.channel.stop(); }

    take(event) {
      if (event.job_id !== this.id) return;
      if (event.status === 'completed') this.complete();
      else if (event.status === 'error') this.fail(String(event.message ?? 'Job failed'));
      else if (event.current_frame !== undefined) this.advance(event);
      this.change();
    }

    complete() {
      if (this.status === 'completed') return;
      this.status = 'completed';
      this.read();
    }

    fail(message) {
      this.status = 'failed';
      this.error = message;
    }

    advance(event) {
      this.status = 'running';
      this.error = '';
      this.result = null;
      this.progress = {
        frame: count(event.current_frame), total: count(event.total_frames), percent: count(event.percent),
        tool: String(event.current_tool ?? ''), tools: count(event.tools_total), toolsDone: count(event.tools_completed),
      };
    }

    /* Reads the job by HTTP. */
    async read() {
      try {
        const job = await (await Replay.ask(this.path)).json();
        this.problem = '';
        if (job.job_id === this.id) this.takeJob(job);
      } catch (error) {
        this.problem = error.status ? error.message : 'the server does not answer';
      }
      this.change();
    }

    takeJob(job) {
      if (job.status === 'completed') {
        this.status = 'completed';
        this.result = {
          frames: job.summary?.frame_count ?? null, detections: job.summary?.detection_count ?? null,
          classes: Array.isArray(job.summary?.classes) ? job.summary.classes : [],
          verdict: job.summary?.verdict ?? job.verdict ?? '', href: job.result_url, page: job.report_url,
          superseded: job.superseded_by ?? '',
        };
      } else if (this.isConnected) {
        /* The socket knows better. */
      } else if (job.status === 'failed') {
        this.fail(String(job.error_message ?? 'Job failed'));
      } else {
        this.status = job.status === 'running' ? 'running' : 'pending';
        this.progress = this.status === 'pending' ? null : {
          ...(this.progress ?? { frame: 0, total: 0 }), percent: count(job.estimated_progress ?? job.progress),
          tool: String(job.current_tool ?? ''), tools: count(job.tools_total), toolsDone: count(job.tools_completed),
        };
      }
    }
  }

  Replay.JobChannel = JobChannel;
})(window.Replay);
