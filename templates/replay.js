'use strict';
/* The page: its controls, keys and links, and which run it shows. */
(function (Replay) {
  const { format, put, show } = Replay;
  const find = (id) => document.getElementById(id);
  const onServer = document.body.dataset.source === 'server';
  const view = new Replay.View();
  let source = null;
  let runs = [];
  /* Whether the page turns to a newer run by itself, as a link to the run `latest` asks. */
  let isFollowing = false;
  /* Milliseconds between two looks for a newer run. */
  const LOOK = 5000;

  function notice(text) {
    put(find('notice'), text);
    show(find('notice'), text !== '');
  }

  /* Name, standing and length of the run. */
  class Header {
    update() {
      const { log, run } = view;
      put(find('run'), `Run ${Replay.visible(run.run_id)}`);
      document.title = `Replay of ${Replay.visible(run.run_id)} · forgebatch`;
      const state = view.isLive ? 'running' : view.isUnjoined ? 'not joined' : view.isInterrupted ? 'interrupted' : log.finish >= 0 ? 'finished' : run.state;
      const exit = log.finish >= 0 ? log.members.get(log.finish)?.exitStatus : null;
      Replay.facts(find('run-facts'), [
        ['State', state],
        ['Started', Number.isFinite(log.first) ? format.wall(log.first) : '', Number.isFinite(log.first) ? new Date(log.first).toLocaleString() : ''],
        ['Length', format.span(view.clock.duration)],
        ['Events', view.isComplete ? format.count(log.count) : `${format.count(log.count)} read`],
        ['Exit status', Number.isInteger(exit) ? String(exit) : null],
        ['Unreadable lines', log.broken ? format.count(log.broken) : null],
      ]);
      if (view.source.isServer) notice(view.source.isLost ? 'The server does not answer. The replay goes on; trying again every 2 s.' : '');
      if (view.source.isServer && run.state === 'running' && log.finish >= 0) this.awaitReport(run);
    }

    /* The report of a run that was watched is written after its last line. */
    awaitReport(run) {
      if (this.awaited === run) return;
      this.awaited = run;
      const ask = async (tries) => {
        const found = (await source.open().catch(() => [])).find((each) => each.run_id === run.run_id);
        run.report_url = found?.report_url ?? null;
        if (view.run === run) show(find('report'), run.report_url !== null);
        if (run.report_url === null && tries > 1) setTimeout(ask, 3000, tries - 1);
      };
      setTimeout(ask, 1000, 40);
    }
  }

  /* Play and pause, speed, time. */
  class Transport {
    constructor() {
      this.options = '';
    }

    update() {
      const { clock, at, isLive, isFollowing, isPlaying, log } = view;
      const play = find('play');
      const name = isPlaying ? 'Pause' : 'Play';
      if (play.getAttribute('aria-label') !== name) {
        play.setAttribute('aria-label', name);
        play.title = `${name} (space)`;
        play.classList.toggle('is-playing', isPlaying);
      }
      put(find('at'), format.clock(at));
      put(find('duration'), format.clock(clock.duration));
      const wall = Number.isFinite(log.first) ? format.wall(log.first + at * 1000) : '';
      put(find('wall'), wall);
      show(find('live'), isLive);
      find('live').setAttribute('aria-pressed', String(isFollowing));
      find('next-error').disabled = !view.errorCount;
      this.speeds(clock);
    }

    speeds({ speed, fit }) {
      const known = [...Replay.SPEEDS, ...(Replay.SPEEDS.includes(speed) || speed === fit ? [] : [speed])];
      const options = [...known.map((value) => [String(value), format.speed(value)]), ['fit', `fit to 30 s (${format.speed(fit)})`]];
      const chosen = speed === fit && !Replay.SPEEDS.includes(speed) ? 'fit' : String(speed);
      const state = JSON.stringify([options, chosen]);
      if (state === this.options) return;
      this.options = state;
      find('speed').replaceChildren(...options.map(([value, text]) => new Option(text, value)));
      find('speed').value = chosen;
    }
  }

  function setSpeed(value) {
    const speed = value === 'fit' ? view.clock.fit : value === 'max' ? 'max' : Number(value);
    view.change({ speed });
    view.tell(`Speed ${format.speed(speed)}`);
    view.changed();
  }

  /* The next usual speed up or down. */
  function shiftSpeed(step) {
    const { speed } = view.clock;
    const now = speed === 'max' ? Infinity : speed;
    const next = step > 0 ? Replay.SPEEDS.find((each) => each > now) : Replay.SPEEDS.findLast((each) => each < now);
    if (next) setSpeed(next);
  }

  function seek(at) {
    view.seek(at);
    view.tell(format.clock(view.clock.at));
    view.changed();
  }

  function toggle() {
    view.toggle();
    view.tell(view.isPlaying ? 'Playing' : `Paused at ${format.clock(view.currentMoment)}`);
    view.changed();
  }

  /* One event on or back, of those in the table. */
  function step(delta) {
    const { events } = view;
    const index = events.happened() - 1 + delta;
    if (index < 0 || index >= events.count) return;
    events.setFollowing(true);
    view.goTo(events.rowAt(index), true);
    view.tell(`${format.clock(view.at, 3)} ${Replay.KINDS[view.log.kind[events.rowAt(index)]]}`);
    view.changed();
  }

  /* To the next or previous start, end or retry. */
  function jump(delta) {
    const { log, rows, events, selected, clock } = view;
    const list = events.filters.value === 'job' && selected
      ? selected.rows.filter((row) => log.kind[row] !== Replay.PROGRESS) : log.notable;
    /* While it plays, the one just passed is not the previous one. */
    const margin = clock.playing && clock.speed !== 'max' ? clock.speed / 2 : 0;
    const limit = delta > 0 ? rows : Math.min(rows - 1, margin ? log.rowsUntil(view.at - margin) : rows);
    const found = Replay.partition(list.length, (index) => list[index] >= limit) - (delta > 0 ? 0 : 1);
    if (found < 0 || found >= list.length) return;
    view.goTo(list[found]);
    const job = log.jobs[log.job[list[found]]];
    view.tell(`${Replay.KINDS[log.kind[list[found]]]} ${job ? Replay.visible(job.path) : ''}`);
    view.changed();
  }

  /* To the next failure and its video, then to where a killed run broke off, and to the first one again. */
  function nextError() {
    const { log, rows, errorCount } = view;
    const { failures } = log;
    if (!errorCount) return view.tell('No video failed in this run');
    const found = Replay.partition(failures.length, (index) => failures[index] >= rows);
    const place = found < failures.length || rows < log.count ? found % errorCount : 0;
    const isFailure = place < failures.length;
    const row = isFailure ? failures[place] : log.count - 1;
    view.select(isFailure ? log.jobs[log.job[row]] ?? null : null);
    view.goTo(row, true);
    view.events.setFollowing(true);
    const what = isFailure ? log.members.get(row)?.text ?? '' : 'the run was killed here';
    view.tell(`Error ${place + 1} of ${errorCount}: ${Replay.visible(what)}`);
    view.changed();
  }

  function goLive() {
    view.goLive();
    view.tell('Live');
    view.changed();
  }

  async function copyLink() {
    const text = location.href.replace(/#.*/, '') + view.link;
    let isCopied = false;
    try {
      await navigator.clipboard.writeText(text);
      isCopied = true;
    } catch {
      const field = Replay.make('textarea', 'hidden');
      field.value = text;
      document.body.append(field);
      field.select();
      isCopied = document.execCommand('copy');
      field.remove();
    }
    const button = find('copy');
    put(button, isCopied ? 'Copied' : 'In the address bar');
    if (!isCopied) history.replaceState(null, '', view.link);
    view.tell(isCopied ? 'Link copied' : 'The link is in the address bar');
    setTimeout(() => put(button, 'Copy link'), 2000);
  }

  /* A file of the log as it is here: from a static copy there is no other. */
  function saveLog() {
    const { log } = view;
    const parts = [];
    for (let row = 0; row < log.count; row += 1) parts.push(log.exact.get(row) ?? log.line(row), '\n');
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob(parts, { type: 'application/x-ndjson' }));
    link.download = `${view.run.run_id}.ndjson`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  }

  const KEYS = {
    ' ': toggle, k: toggle,
    ArrowLeft: (event) => seek(event.shiftKey ? view.currentMoment - view.clock.duration / 10 : view.currentMoment - 5),
    ArrowRight: (event) => seek(event.shiftKey ? view.currentMoment + view.clock.duration / 10 : view.currentMoment + 5),
    Home: () => seek(0), End: () => seek(view.clock.duration),
    '[': () => jump(-1), ']': () => jump(1), ',': () => step(-1), '.': () => step(1),
    '<': () => shiftSpeed(-1), '>': () => shiftSpeed(1),
    e: nextError, c: copyLink, l: () => { if (view.isLive) goLive(); },
    '/': () => find('job-search').focus(), '?': () => find('help').showModal(), Escape: () => view.select(null),
  };
  for (let digit = 0; digit < 10; digit += 1) KEYS[digit] = () => seek(view.clock.duration * digit / 10);

  document.addEventListener('keydown', (event) => {
    if (view.isStopped || event.ctrlKey || event.metaKey || event.altKey || find('help').open) return;
    const target = event.target instanceof Element ? event.target : document.body;
    if (target.closest('input, select, textarea')) {
      if (event.key === 'Escape' && target.id === 'job-search') target.blur();
      return;
    }
    if (event.key === ' ' && target.closest('button, a')) return;
    if (['Home', 'End'].includes(event.key) && target.id !== 'scrubber' && target !== document.body) return;
    const action = KEYS[event.key];
    if (!action) return;
    event.preventDefault();
    action(event);
  });

  function wire() {
    const press = (id, action) => find(id).addEventListener('click', action);
    press('play', toggle);
    press('previous', () => jump(-1));
    press('next', () => jump(1));
    press('next-error', nextError);
    press('live', goLive);
    press('copy', copyLink);
    press('help-button', () => find('help').showModal());
    find('speed').addEventListener('change', () => setSpeed(find('speed').value));
    find('scrubber').addEventListener('pointerup', () => view.changed());
    find('download').addEventListener('click', (event) => {
      if (onServer) return;
      event.preventDefault();
      saveLog();
    });
    document.querySelector('.skip').addEventListener('click', (event) => {
      event.preventDefault();
      find('status').focus();
    });
    find('run-choice').addEventListener('change', () => {
      isFollowing = false;
      open(find('run-choice').value, new URLSearchParams());
    });
    press('watch-newer', () => open('latest', new URLSearchParams()));
    addEventListener('hashchange', () => follow(new URLSearchParams(location.hash.slice(1))));
  }

  /* Looks for a run that began since: offers it, or turns to it once the one that is shown is over. */
  async function lookForNewer() {
    let newest = null;
    try { newest = await source.newest(); } catch { /* the page says elsewhere that the server is gone */ }
    if (newest && newest.run_id > view.run.run_id) {
      if (isFollowing && !view.isLive) {
        await relist();
        open('latest', new URLSearchParams());
      } else if (newest.run_id !== runs[0]?.run_id) {
        await relist();
        put(find('newer-text'), 'A newer run began.');
        show(find('newer'), true);
      }
    }
    setTimeout(lookForNewer, LOOK);
  }

  async function relist() {
    try { runs = await source.open(); } catch { return; }
    listRuns();
    find('run-choice').value = view.run.run_id;
  }

  /* Shows what a link says; one about another run shows that run first. */
  function follow(link) {
    const run = link.get('run');
    isFollowing = run === 'latest';
    if (run && run !== view.run.run_id) open(run, link);
    else view.restore(link);
  }

  /* Shows a run by its id, else the one that the server has selected. */
  function open(id, link) {
    const wanted = id === 'latest' ? runs[0].run_id : id;
    const run = runs.find((each) => each.run_id === wanted) ?? runs.find((each) => each.selected) ?? runs[0];
    const isThere = !wanted || run.run_id === wanted;
    view.stop();
    view.isFollowingNewest = isFollowing;
    show(find('newer'), false);
    if (onServer) source = new Replay.ServerSource();
    view.begin(source, run);
    find('run-choice').value = run.run_id;
    show(find('report'), run.report_url !== null);
    find('report').href = onServer ? 'report/index.html' : 'index.html';
    find('download').href = onServer ? `v1/runs/${encodeURIComponent(run.run_id)}/log` : '#';
    find('download').download = `${run.run_id}.ndjson`;
    if (!onServer) view.clock.set({ at: run.duration, speed: view.clock.comfortable, playing: false });
    const { speed } = view.clock;
    if (isThere) view.restore(link);
    view.load().then(() => {
      /* Gaps that are known now may have made the run shorter. */
      if (!onServer && !link.has('speed') && view.clock.speed === speed) view.clock.set({ speed: view.clock.comfortable });
    }).catch((error) => notice(error.message)).finally(() => {
      if (!isThere) notice(`There is no run ${Replay.visible(id)} here; this is ${Replay.visible(run.run_id)}.`);
    });
  }

  /* Shows the run that is shown from its beginning on, after a server has numbered its lines anew. */
  async function openAnew() {
    const link = new URLSearchParams(view.link.slice(1));
    if (view.isFollowing) link.delete('t');
    const { run } = view;
    view.stop();
    await relist();
    if (view.run === run) open(run.run_id, link);
  }

  function listRuns() {
    find('run-choice').replaceChildren(...runs.map((run) => {
      const start = run.started_at ? format.wall(Date.parse(run.started_at)) : run.run_id;
      return new Option(`${start} · ${run.state} · ${Replay.plural(run.jobs ?? 0, 'video')}`, run.run_id);
    }));
    show(find('runs'), runs.length > 1);
  }

  async function begin() {
    Object.assign(view, {
      anew: openAnew, jobs: new Replay.JobList(view), events: new Replay.EventTable(view), status: new Replay.StatusPanel(view),
      scrubber: new Replay.Scrubber(view), transport: new Transport(), header: new Header(),
    });
    wire();
    source = onServer ? new Replay.ServerSource() : new Replay.StaticSource();
    for (;;) {
      try {
        runs = await source.open();
        if (runs.length) break;
        notice('There is no run in this folder yet. It is shown as soon as it begins.');
      } catch (error) {
        notice(error.message);
      }
      if (!onServer) return;
      await new Promise((done) => { setTimeout(done, 2000); });
    }
    notice('');
    listRuns();
    const link = new URLSearchParams(location.hash.slice(1));
    isFollowing = link.get('run') === 'latest';
    open(link.get('run') ?? undefined, link);
    if (onServer) setTimeout(lookForNewer, LOOK);
  }

  begin();
})(window.Replay);
