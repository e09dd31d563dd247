// All measures of a video as lanes that zoom together, drawn by uPlot over the data of up to 240 columns.

forgebatch.Lanes = class {
  static digits = "!#$%()*+,-./0123456789:;=?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{|}";

  constructor(root, data, onPlace) {
    this.root = root;
    this.data = data;
    this.onPlace = onPlace;
    this.frames = Array.from({ length: data.columns }, (_, column) => Math.ceil((column * data.frames) / data.columns));
    this.plots = [];
    this.sync = uPlot.sync("lanes");
    this.build();
  }

  /// The time of a frame in seconds, as exactly as the columns tell it.
  time(frame) {
    const { data } = this;
    if (!data.times) return data.rate ? frame / data.rate : 0;
    const column = Math.min(data.columns - 1, Math.floor((frame * data.columns) / data.frames));
    const start = data.times[column] ?? 0;
    const end = column + 1 < data.columns ? data.times[column + 1] ?? start : data.end ?? start;
    const first = this.frames[column];
    const last = column + 1 < data.columns ? this.frames[column + 1] : data.frames - 1;
    return last > first ? start + ((end - start) * (frame - first)) / (last - first) : start;
  }

  /// The frame at a time.
  frame(time) {
    let [low, high] = [0, this.data.frames - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.time(middle) <= time + 1e-6) low = middle; else high = middle - 1;
    }
    return low;
  }

  values(lane, key) {
    const { digits } = forgebatch.Lanes;
    const width = this.data.digits;
    const steps = digits.length ** width - 1;
    const code = lane[key];
    return this.frames.map((_, column) => {
      const part = code.slice(column * width, (column + 1) * width);
      if (part.startsWith(" ")) return null;
      let number = 0;
      for (const letter of part) number = number * digits.length + digits.indexOf(letter);
      return lane.low + ((lane.high - lane.low) * number) / steps;
    });
  }

  colour(name) { return (name && getComputedStyle(this.root).getPropertyValue(`--${name}`).trim()) || "gray"; }

  build() {
    const { element } = forgebatch;
    this.readout = element("p", { class: "readout" });
    const all = element("div", { class: "plots" });
    const lanes = [...this.data.lanes].sort((left, right) => left.rank - right.rank);
    if (this.data.errors.length || this.data.gaps.length) lanes.push({ name: "decoding", colour: "failed", isMarks: true });
    for (const lane of lanes) all.append(this.lane(lane));
    const hint = element("p", { class: "hint" }, "Drag to zoom, double-click to see all.");
    this.root.querySelectorAll(".lane:not(.picture), .axis").forEach((lane) => { lane.hidden = true; });
    this.root.append(this.readout, all, hint);
    this.linkPictures();
    const measure = forgebatch.paced(() => {
      for (const plot of this.plots) plot.setSize({ width: plot.root.parentNode.clientWidth, height: plot.height });
    });
    addEventListener("resize", measure);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.plots.forEach((plot) => plot.redraw()));
    this.place(0);
  }

  /// Each picture leads to its frame.
  linkPictures() {
    const { element } = forgebatch;
    for (const cell of this.root.querySelectorAll(".reel li")) {
      const link = element("a", { href: `#t=${this.time(Number(cell.dataset.frame)).toFixed(3)}` }, ...cell.childNodes);
      cell.append(link);
    }
  }

  /// Lays pictures and brightness along the part of the axis that is seen.
  placePictures() {
    const [low, high] = this.span || [0, this.data.frames];
    for (const reel of this.root.querySelectorAll(".reel")) {
      reel.classList.toggle("near", Boolean(this.span));
      for (const part of reel.children) {
        part.style.width = this.span ? `${(100 * this.data.frames) / (high - low)}%` : "";
        part.style.marginLeft = this.span ? `${(-100 * low) / (high - low)}%` : "";
      }
    }
  }

  lane(lane) {
    const { element, text } = forgebatch;
    const value = element("b", {});
    const range = lane.isMarks ? `${this.data.errors.length} errors, ${this.data.gaps.length} gaps`
      : ` (${[lane.low, lane.high].map((edge) => Number(edge.toPrecision(4))).join(" to ")} in all)`;
    const box = element("div", { class: "canvas" });
    const meaning = lane.isMarks ? "decode errors, and jumps in time below" : lane.help;
    const made = element("div", { class: "lane plot" }, element("h3", {}, lane.name), meaning ? element("p", {}, meaning) : "",
      element("output", {}, value, range), box);
    const min = lane.isMarks ? this.frames.map(() => null) : this.values(lane, "min");
    const max = lane.isMarks || !lane.max ? min : this.values(lane, "max");
    requestAnimationFrame(() => this.draw(box, lane, min, max));
    // As many decimals as the steps of the stored values tell.
    const step = (lane.high - lane.low) / (forgebatch.Lanes.digits.length ** this.data.digits - 1);
    const decimals = step > 0 ? Math.min(4, Math.max(0, Math.floor(-Math.log10(step)))) : 4;
    this.readers = (this.readers || []).concat((column) => {
      if (lane.isMarks) return;
      const [low, high] = [min[column], max[column]].map((number) => (number === null ? "–" : text.decimal(number, decimals)));
      value.textContent = low === high ? low : `${low} – ${high}`;
    });
    return made;
  }

  draw(box, lane, min, max) {
    const colour = () => this.colour(lane.colour);
    const height = lane.isMarks ? 36 : 64;
    // Room above and below for the width of a line and the size of a point.
    const room = lane.low === lane.high ? 1 : (lane.high - lane.low) * 0.05;
    const range = lane.isMarks ? [0, 1] : [lane.low - room, lane.high + room];
    // A value between two columns that have none is no line.
    const isAlone = (values, column) => values[column] !== null && (values[column - 1] ?? null) === null && (values[column + 1] ?? null) === null;
    const points = { show: true, size: 5, width: 0, fill: colour, filter: (plot, series) => this.frames.map((_, column) => column).filter((column) => isAlone(plot.data[series], column)) };
    const options = {
      width: box.clientWidth || 600, height, legend: { show: false }, padding: [2, 0, 2, 0],
      cursor: { sync: { key: "lanes", scales: ["x", null] }, y: false, points: { show: false }, drag: { x: true, y: false, setScale: false } },
      scales: { x: { time: false, range: () => this.span || [0, this.data.frames - 1 || 1] },
        y: { range: () => range } },
      axes: [{ show: false }, { show: false }],
      series: [{}, { stroke: colour, width: 1, points }, { stroke: colour, width: 1, fill: undefined, points }],
      bands: [{ series: [2, 1], fill: () => `color-mix(in srgb, ${colour()} 30%, transparent)` }],
      hooks: {
        drawClear: [(plot) => this.drawMarks(plot, lane)],
        setCursor: [(plot) => { if (plot.cursor.idx !== null && plot.cursor.left >= 0) this.point(plot.posToVal(plot.cursor.left, "x")); }],
        setSelect: [(plot) => this.zoom(plot)],
      },
    };
    const plot = new uPlot(options, [this.frames, min, max], box);
    this.sync.sub(plot);
    plot.over.addEventListener("dblclick", () => this.setSpan(null));
    this.plots.push(plot);
  }

  /// Spans of the lane's own events behind it, cuts as dashed lines, errors and gaps as ticks.
  drawMarks(plot, lane) {
    const { ctx, bbox } = plot;
    const { data } = this;
    const x = (frame) => Math.round(plot.valToPos(frame, "x", true));
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    ctx.fillStyle = this.colour("sheet");
    ctx.fillRect(bbox.left, bbox.top, bbox.width, bbox.height);
    const own = lane.events || [];
    ctx.globalAlpha = 0.18;
    ctx.fillStyle = this.colour(lane.colour);
    ctx.strokeStyle = this.colour("soft");
    for (let index = 0; index < data.events.length; index += 3) {
      const [type, start, length] = data.events.slice(index, index + 3);
      if (!own.includes(type)) continue;
      if (length) ctx.fillRect(x(start), bbox.top, Math.max(1, x(start + length + 1) - x(start)), bbox.height);
      else {
        ctx.globalAlpha = 0.7;
        ctx.setLineDash([3, 2]);
        ctx.beginPath();
        ctx.moveTo(x(start) + 0.5, bbox.top);
        ctx.lineTo(x(start) + 0.5, bbox.top + bbox.height);
        ctx.stroke();
        ctx.globalAlpha = 0.18;
      }
    }
    if (lane.isMarks) {
      ctx.globalAlpha = 1;
      ctx.fillStyle = this.colour("failed");
      for (const frame of data.errors) ctx.fillRect(x(frame) - 1, bbox.top, 2, bbox.height);
      ctx.fillStyle = this.colour("warning");
      for (const frame of data.gaps) ctx.fillRect(x(frame) - 2, bbox.top + bbox.height * 0.6, 4, bbox.height * 0.4);
    }
    ctx.restore();
  }

  zoom(plot) {
    const { left, width } = plot.select;
    if (width < 4) return;
    this.setSpan([plot.posToVal(left, "x"), plot.posToVal(left + width, "x")]);
    plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
  }

  setSpan(span) {
    this.span = span && [Math.max(0, span[0]), Math.min(this.data.frames - 1, span[1])];
    this.placePictures();
    for (const plot of this.plots) plot.setScale("x", { min: this.span ? this.span[0] : 0, max: this.span ? this.span[1] : this.data.frames - 1 || 1 });
  }

  point(frame) { this.place(Math.min(this.data.frames - 1, Math.max(0, Math.round(frame))), true); }

  /// Shows what is at a frame.
  place(frame, isByHand = false) {
    const { text } = forgebatch;
    this.at = frame;
    const column = Math.min(this.data.columns - 1, Math.floor((frame * this.data.columns) / this.data.frames));
    (this.readers || []).forEach((read) => read(column));
    this.readout.textContent = `frame ${text.count(frame)} · ${text.clock(this.time(frame), 2)}`;
    if (!isByHand) {
      for (const plot of this.plots) {
        plot.setCursor({ left: plot.valToPos(frame, "x"), top: 0 }, false);
      }
    }
    this.onPlace(frame, isByHand);
  }
};
