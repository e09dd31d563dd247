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
    this.marks = this.svg.querySelector(".marks");
    this.labels = this.svg.querySelector(".labels");
    this.caption = figure.querySelector("figcaption");
    this.width = Number(figure.dataset.width);
    this.textSize = Number(this.labels.getAttribute("font-size"));
    this.first = { marks: [...this.marks.childNodes], labels: [...this.labels.childNodes], frame: Number(figure.dataset.frame), note: this.caption.textContent };
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

  mark(name, attributes, text = "") {
    const made = document.createElementNS(this.svg.namespaceURI, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.textContent = text;
    return made;
  }

  line(name, d, stroke, width, opacity = 1) {
    return this.mark("path", { class: name, d, stroke, "stroke-width": width, "stroke-opacity": opacity, "stroke-linecap": "round", "vector-effect": "non-scaling-stroke" });
  }

  /// What stands above the boxes, those of the largest first; what would lie over another one is left out.
  label(named) {
    const size = this.textSize;
    const placed = [];
    for (const { text, left, top, colour } of named.sort((one, two) => two.area - one.area)) {
      const wide = text.length * size * 0.6;
      const x = Math.min(Math.max(0, left), Math.max(0, this.width - wide));
      const y = top - size / 3 >= size ? top - size / 3 : top + size;
      if (placed.every((one) => Math.abs(one.y - y) >= size || one.x >= x + wide || x >= one.x + one.wide)) placed.push({ x, y, wide, text, colour });
    }
    return placed.map(({ x, y, text, colour }) => this.mark("text", { x, y, fill: colour }, text));
  }

  /// Boxes over a dark edge, each in the colour of its class, with class and confidence above it, and keypoints as dots.
  draw(row, step, points) {
    const classes = this.data.classes || [];
    const shapes = new Map(row.length ? [] : [["#fd3", ""]]);
    const named = [];
    let all = "";
    for (let at = 0; at < row.length; at += step) {
      const [, left, top, width, height, kind = -1, part = -1] = row.slice(at, at + step);
      const shape = `M${left} ${top}h${width}v${height}h${-width}Z`;
      const name = kind < 0 ? undefined : classes[2 * kind];
      const colour = name === undefined ? "#fd3" : classes[2 * kind + 1];
      all += shape;
      shapes.set(colour, (shapes.get(colour) || "") + shape);
      if (name !== undefined) named.push({ text: part < 0 ? name : `${name} ${(part / 100).toFixed(2)}`, left, top, area: width * height, colour });
    }
    const labels = this.label(named);
    const dots = points.map((value, place) => (place % 2 ? `${value}h0` : `M${value} `)).join("");
    this.marks.replaceChildren(this.line("edge", all, "#000", 4, 0.6), ...[...shapes].map(([colour, shape]) => this.line("box", shape, colour, 2)),
      ...(dots ? [this.line("edge", dots, "#000", 6), this.line("point", dots, "#fff", 4)] : []));
    this.labels.replaceChildren(...labels);
  }

  /// Draws a frame's boxes. Without a picture of that frame the still steps back.
  async show(frame, hasPicture) {
    this.wanted = frame;
    const chunk = await this.chunk(frame);
    if (this.wanted !== frame) return;
    const place = frame % forgebatch.Boxes.size;
    const row = chunk?.b[place] || [];
    const step = chunk?.n || 5;
    this.draw(row, step, chunk?.k?.[place] || []);
    const isStill = frame === this.first.frame;
    this.image.setAttribute("opacity", hasPicture || isStill ? "1" : "0.25");
    const count = row.length / step;
    this.caption.textContent = `Frame ${forgebatch.text.count(frame)}, ${count} object${count === 1 ? "" : "s"}`
      + (this.data.cut ? " (of crowded frames the largest boxes)" : "") + (hasPicture || isStill ? "" : "; the picture is another frame’s");
  }

  reset() {
    this.wanted = null;
    this.marks.replaceChildren(...this.first.marks);
    this.labels.replaceChildren(...this.first.labels);
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
