'use strict';
/*
 * Where the replay is: run seconds from the first line. It runs by itself; a server's clock is followed by correcting
 * this one. Speeds are factors, or 'max': the run is over.
 */
(function (Replay) {
  const SPEEDS = [0.5, 1, 2, 4, 8, 16, 32, 64];
  /* Played seconds by which two clocks may differ and still show the same moment. */
  const TOLERANCE = 0.3;
  /* Seconds that a run lasts at the speed that fits it. */
  const FIT = 30;

  class Clock {
    constructor(timeline) {
      this.timeline = timeline;
      this.duration = 0;
      this.playing = false;
      this.speed = 1;
      this.at = 0;
      this.played = 0;
      this.since = 0;
    }

    static now() { return performance.now() / 1000; }

    /* The moment as of now. At the end the replay stands. */
    read() {
      if (!this.playing) return this.at;
      if (this.speed === 'max') this.at = this.duration;
      else this.at = this.timeline.time(this.played + (Clock.now() - this.since) * this.speed);
      if (this.at >= this.duration) {
        this.at = this.duration;
        this.playing = false;
      }
      return this.at;
    }

    /* Takes over any of at, speed and playing. */
    set({ at, speed, playing }) {
      this.read();
      if (at !== undefined) this.at = Math.max(0, Math.min(at, this.duration));
      if (speed !== undefined) this.speed = speed;
      if (playing !== undefined) this.playing = playing;
      this.played = this.timeline.played(this.at);
      this.since = Clock.now();
    }

    /* What the replay will have become as long a time as it takes to play, in seconds. */
    get playedDuration() { return this.timeline.played(this.duration); }

    /* The speed at which the whole run lasts 30 s. */
    get fit() {
      const speed = this.playedDuration / FIT;
      return speed > 0 ? Number(speed.toPrecision(3)) : 1;
    }

    /* The speed at which a run is over in about a minute, where one of the usual ones is enough for that. */
    get comfortable() { return SPEEDS.find((speed) => speed >= 1 && this.playedDuration <= 60 * speed) ?? 64; }

    /* Whether a moment elsewhere is this one, as far as anybody could see. */
    isNear(at) {
      const speed = this.playing && this.speed !== 'max' ? this.speed : 1;
      const apart = Math.abs(this.timeline.played(at) - this.timeline.played(this.read()));
      return apart <= TOLERANCE * Math.max(1, speed);
    }

    get moment() { return { at: Math.round(this.read() * 1000) / 1000, speed: this.speed, playing: this.playing }; }
  }

  Object.assign(Replay, { SPEEDS, Clock });
})(window.Replay);
