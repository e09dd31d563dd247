// The boxes of a frame over the still or the video, from chunks of 2,000 frames that are loaded when needed.

forgebatch.Boxes = class {
  static size = 2000;

  constructor(figure, data, job) {
    this.data = data;
    this.job = job;
    this.chunks = new Map();
    this.loads = new Map();
    this.svg = figure.querySelector("svg");
    this.image = this.svg.querySelector("image");
    this.paths = [...this.svg.querySelectorAll("path")];
    this.caption = figure.querySelector("figcaption");
    this.first = { d: this.paths[0]?.getAttribute("d") || "", frame: Number(figure.dataset.frame), note: this.caption.textContent };
    forgebatch.listeners.boxes.push((chunk, content) => this.chunks.set(chunk, content));
  }

  get isEmpty() { return this.data.boxes.length === 0; }

  /// The chunk of a frame, loaded; null when that stretch has no boxes.
  async chunk(frame) {
    const number = Math.floor(frame / forgebatch.Boxes.size);
    if (!this.data.boxes.includes(number)) return null;
    // Whoever asks while it loads waits for it, too.
    if (!this.loads.has(number)) this.loads.set(number, forgebatch.load(`${this.job}.b${number}.js`).catch(() => {}));
    await this.loads.get(number);
    return this.chunks.get(number) ?? null;
  }

  /// The exact time of a frame in seconds, if its chunk is loaded.
  time(frame) {
    const chunk = this.chunks.get(Math.floor(frame / forgebatch.Boxes.size));
    const time = chunk?.t[frame % forgebatch.Boxes.size];
    return time === undefined || time === null ? null : time / 1000;
  }

  /// Draws a frame's boxes. Without a picture of that frame the still steps back.
  async show(frame, hasPicture) {
    this.wanted = frame;
    const chunk = await this.chunk(frame);
    if (this.wanted !== frame) return;
    const boxes = chunk?.b[frame % forgebatch.Boxes.size] || [];
    let shape = "";
    for (let place = 0; place < boxes.length; place += 5) {
      const [, left, top, width, height] = boxes.slice(place, place + 5);
      shape += `M${left} ${top}h${width}v${height}h${-width}Z`;
    }
    for (const path of this.paths) path.setAttribute("d", shape);
    const isStill = frame === this.first.frame;
    this.image.setAttribute("opacity", hasPicture || isStill ? "1" : "0.25");
    const count = boxes.length / 5;
    this.caption.textContent = `Frame ${forgebatch.text.count(frame)}, ${count} object${count === 1 ? "" : "s"}`
      + (this.data.cut ? " (of crowded frames the largest boxes)" : "") + (hasPicture || isStill ? "" : "; the picture is another frame’s");
  }

  reset() {
    this.wanted = null;
    for (const path of this.paths) path.setAttribute("d", this.first.d);
    this.image.setAttribute("opacity", "1");
    this.caption.textContent = this.first.note;
  }
};

/// The video under the boxes: where a server of the run's output folder gives it, or, for a page from disk, where it lies
/// as the run found it.
forgebatch.Player = class {
  constructor(figure, boxes, lanes, source) {
    Object.assign(this, { figure, boxes, lanes });
    this.offer(figure, source);
  }

  /// Shows the button for a file only once the browser has found that it can play it; else says why there is none.
  static probe(source) {
    return new Promise((resolve) => {
      const video = forgebatch.element("video", { preload: "metadata", muted: true });
      const end = (isPlayable) => {
        video.onloadedmetadata = video.onerror = null;
        video.removeAttribute("src");
        resolve(isPlayable);
      };
      // A sound track alone is no video.
      video.onloadedmetadata = () => end(video.videoWidth > 0);
      video.onerror = () => end(false);
      video.src = source;
    });
  }

  offer(figure, source) {
    const { element } = forgebatch;
    this.button = element("button", { class: "button play", type: "button" }, "▶ Play the video");
    this.button.onclick = () => this.open(source);
    figure.append(this.button);
  }

  open(source) {
    const { element } = forgebatch;
    const { width, height } = this.figure.dataset;
    this.button.disabled = true;
    this.video = element("video", { src: source, preload: "auto", playsinline: "", muted: true });
    // A picture of another shape is fitted into this one, as its boxes are.
    this.video.style.aspectRatio = `${width} / ${height}`;
    this.video.addEventListener("error", () => {
      this.video.remove();
      this.video = null;
      this.button.replaceWith(element("p", { class: "none" }, location.protocol === "file:" ? forgebatch.Player.refusal
        : "This server does not give the video; forgebatch replay does."));
    });
    this.video.addEventListener("loadeddata", () => this.ready(), { once: true });
    this.figure.querySelector(".screen").prepend(this.video);
  }

  ready() {
    const { element } = forgebatch;
    this.figure.classList.add("playing");
    this.boxes.image?.setAttribute("visibility", "hidden");
    const button = (label, title, act) => {
      const made = element("button", { class: "button", type: "button", title }, label);
      made.onclick = act;
      return made;
    };
    this.toggle = button("▶", "play or pause (space)", () => this.play());
    this.button.replaceWith(element("p", { class: "controls" }, button("−1", "previous frame (,)", () => this.step(-1)), this.toggle,
      button("+1", "next frame (.)", () => this.step(1))));
    this.video.addEventListener("play", () => { this.toggle.textContent = "❚❚"; this.follow(); });
    this.video.addEventListener("pause", () => {
      this.toggle.textContent = "▶";
      this.settle();
    });
    this.seek(this.lanes.at || 0);
  }

  get isOpen() { return Boolean(this.toggle); }

  play() { if (this.video.paused) this.video.play(); else this.video.pause(); }

  /// Goes to the middle of the frame where the video was stopped: a picture may have come after the last look at it.
  settle() {
    if (this.video.ended || this.isStepping) {
      this.isStepping = false;
      return;
    }
    const frame = this.frame(this.video.currentTime - this.start);
    this.isFollowing = true;
    this.lanes.place(frame);
    this.isFollowing = false;
    this.seek(frame);
  }

  step(by) {
    this.isStepping = !this.video.paused;
    this.video.pause();
    this.lanes.place(Math.min(this.lanes.data.frames - 1, Math.max(0, this.lanes.at + by)));
  }

  /// What the browser's clock says at time 0 of the page, in seconds.
  get start() { return this.lanes.data.start || 0; }

  /// Half a frame into a frame, so that rounding does not show the one before.
  async seek(frame) {
    this.sought = frame;
    this.boxes.show(frame, true);
    await this.boxes.chunk(frame);
    if (this.sought !== frame) return;
    const time = this.boxes.time(frame) ?? this.lanes.time(frame);
    const length = (this.boxes.time(frame + 1) ?? Infinity) - time;
    this.video.currentTime = this.start + time + Math.min(0.5 / (this.lanes.data.rate || 25), length > 0 ? length / 2 : Infinity);
  }

  /// The frame that the video shows, by its exact time where that is known.
  frame(time) {
    let frame = this.lanes.frame(time);
    const isIn = (other) => (this.boxes.time(other) ?? Infinity) <= time + 0.002;
    while (isIn(frame + 1)) frame += 1;
    while (frame > 0 && this.boxes.time(frame) !== null && !isIn(frame)) frame -= 1;
    return frame;
  }

  follow() {
    const show = (now, picture) => {
      if (this.video.paused) return;
      this.isFollowing = true;
      this.lanes.place(this.frame((picture?.mediaTime ?? this.video.currentTime) - this.start));
      this.isFollowing = false;
      this.video.requestVideoFrameCallback ? this.video.requestVideoFrameCallback(show) : requestAnimationFrame(show);
    };
    show();
  }
};

forgebatch.Player.refusal = "The video does not play here: it is gone from where the run found it, or the browser cannot decode it.";
