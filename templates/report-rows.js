// The rows of the index as columns, and as many of them on the page as can be seen, as a table or as a gallery.

forgebatch.Table = class {
  constructor() {
    this.rowCount = 0;
    // Whether rows have pictures; a gallery has them always.
    this.hasPictures = false;
    this.path = [];
    this.lower = [];
    this.status = [];
    this.id = [];
    this.marks = [];
    this.change = {};
    this.flaw = {};
    this.cause = {};
    this.result = {};
    this.codec = [];
    this.classes = [];
    for (const name of forgebatch.query.numbers) this[name] = [];
  }

  /// Appends a shard.
  take(data) {
    const first = this.rowCount;
    this.hasPictures = Boolean(data.pictures);
    let path = "";
    for (let place = 0; place < data.paths.length; place += 2) {
      path = path.slice(0, data.paths[place]) + data.paths[place + 1];
      this.path.push(path);
      this.lower.push(path.toLowerCase());
    }
    const letters = "fqdwos";
    for (const letter of data.status) this.status.push(letters.indexOf(letter));
    for (const mark of data.marks) this.marks.push(parseInt(mark, 16));
    for (let place = 0; place < data.status.length; place += 1) this.id.push(data.ids.slice(place * 32, place * 32 + 32));
    for (let place = 0; place < data.status.length; place += 1) this.classes.push(data.classes?.[data.kind[place]]);
    for (const place of data.codec) this.codec.push(place === null ? null : data.codecs[place]);
    for (const name of forgebatch.query.numbers) for (const value of data[name]) this[name].push(value);
    for (const name of ["change", "flaw", "cause", "result"]) {
      for (const [row, value] of Object.entries(data[name])) this[name][first + Number(row)] = value;
    }
    this.rowCount = this.path.length;
  }

  statusName(row) { return forgebatch.query.statuses[this.status[row]]; }
  codecName(row) { return this.codec[row]; }
  isOfThisRun(row) { return (this.marks[row] & 2) !== 0; }

  /// The first two digits of a row's job id and the whole of it, as folders of pages and stills have them.
  place(row) {
    const id = this.id[row];
    const cuts = [0, 8, 12, 16, 20, 32];
    return `${id.slice(0, 2)}/${cuts.slice(1).map((cut, place) => id.slice(cuts[place], cut)).join("-")}`;
  }

  /// A video's thumbnail; null when it has none.
  picture(row) { return this.marks[row] & 4 ? `../stills/${this.place(row)}.jpg` : null; }

  /// A video's page, else its result; null when it has neither.
  link(row) {
    if (this.marks[row] & 1) return `v/${this.place(row)}.html`;
    if (this.result[row] !== undefined) return this.result[row] || null;
    return `../results/${encodeURIComponent(this.path[row]).replace(/%2F/g, "/")
      .replace(/[!'()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`)}.json`;
  }

  /// The rows that pass a test, in the order of a column; rows without a value come last either way.
  select(test, column, isDescending) {
    const rows = [];
    for (let row = 0; row < this.rowCount; row += 1) if (!test || test(this, row)) rows.push(row);
    const values = column && { path: this.lower, status: this.status, codec: this.codec }[column] || this[column];
    if (values) {
      const sign = isDescending ? -1 : 1;
      rows.sort((left, right) => {
        const [first, second] = [values[left], values[right]];
        if (first === second) return left - right;
        if (first === null || first === undefined) return 1;
        if (second === null || second === undefined) return -1;
        return first < second ? -sign : sign;
      });
    }
    return rows;
  }
};

/// Shows a list of rows in blocks of 100, of which only those near the window are filled.
forgebatch.Window = class {
  static size = 100;

  constructor(root, table, head) {
    this.root = root;
    this.table = table;
    this.head = head;
    this.rows = [];
    this.isGallery = false;
    this.watcher = new IntersectionObserver((entries) => {
      for (const entry of entries) entry.isIntersecting ? this.fill(entry.target) : this.empty(entry.target);
    }, { rootMargin: "1200px 0px" });
  }

  show(rows, isGallery = false) {
    this.rows = rows;
    this.isGallery = isGallery;
    this.watcher.disconnect();
    const blocks = [];
    for (let start = 0; start < rows.length; start += forgebatch.Window.size) {
      const block = forgebatch.element("div", { class: "block" });
      block.dataset.start = start;
      block.style.minHeight = this.height(Math.min(forgebatch.Window.size, rows.length - start));
      blocks.push(block);
    }
    // The first rows are there at once, the others when they come near.
    if (blocks.length) this.fill(blocks[0]);
    this.root.replaceChildren(...blocks);
    for (const block of blocks) this.watcher.observe(block);
  }

  /// About how high so many rows will be.
  height(count) {
    if (!this.isGallery) return `${count * (this.table.hasPictures ? 3.6 : 2.1)}rem`;
    // As many cards beside each other as the stylesheet makes.
    const across = Math.max(1, Math.floor((this.root.clientWidth + 16) / (208 + 16)));
    return `${Math.ceil(count / across) * 14}rem`;
  }

  fill(block) {
    if (block.firstChild) return;
    const start = Number(block.dataset.start);
    if (this.isGallery) {
      const cards = this.rows.slice(start, start + forgebatch.Window.size).map((row) => this.card(row));
      block.append(forgebatch.element("ul", { class: "gallery" }, ...cards));
      block.style.minHeight = "";
      return;
    }
    const table = this.head.cloneNode(true);
    const body = document.createElement("tbody");
    for (const row of this.rows.slice(start, start + forgebatch.Window.size)) body.append(this.row(row));
    table.append(body);
    block.append(table);
    block.style.minHeight = "";
  }

  empty(block) {
    if (!block.firstChild || block.contains(document.activeElement)) return;
    block.style.minHeight = `${block.offsetHeight}px`;
    block.replaceChildren();
  }

  row(row) {
    const { table } = this;
    const { element, text } = forgebatch;
    const status = table.statusName(row);
    const made = document.createElement("tr");
    if (status !== "ok") made.className = status;
    const head = document.createElement("th");
    head.scope = "row";
    const link = table.link(row);
    const picture = table.hasPictures && table.picture(row);
    const parts = picture ? [this.image(picture, 80, 45), table.path[row]] : [table.path[row]];
    head.append(...(link ? [element("a", { href: link }, ...parts)] : parts));
    if (table.change[row]) head.append(element("em", {}, table.change[row]));
    if (table.flaw[row]) head.append(element("small", {}, table.flaw[row]));
    made.append(head);
    const known = (value, show) => (value === null || value === undefined ? "" : show(value));
    for (const value of [
      status, known(table.frames[row] || null, text.count), known(table.rate[row], (rate) => text.decimal(rate, 2)),
      known(table.size[row], text.bytes), table.codec[row] || "", known(table.duration[row], (time) => text.clock(time)),
      known(table.speed[row], (speed) => text.decimal(speed, speed < 9.95 ? 1 : 0)), known(table.events[row], text.count),
      known(table.tracks[row], text.count),
    ]) made.insertCell().textContent = value;
    return made;
  }

  image(source, width, height) {
    const made = document.createElement("img");
    // What says how it loads goes first: the address begins it.
    Object.assign(made, { alt: "", loading: "lazy", decoding: "async", width, height });
    made.src = source;
    return made;
  }

  /// A row as a picture with its name and what a table would say first.
  card(row) {
    const { table } = this;
    const { element, shapes, text } = forgebatch;
    const status = table.statusName(row);
    const path = table.path[row];
    const picture = table.picture(row);
    const cut = path.lastIndexOf("/") + 1;
    const frame = element("span", { class: "frame" }, picture ? this.image(picture, 320, 180) : element("span", { class: "none" }, "no picture"));
    const link = table.link(row);
    const name = [frame, element("span", { class: "name" }, path.slice(cut))];
    const known = (value, show) => (value === null || value === undefined ? [] : [show(value)]);
    const facts = [
      ...known(table.duration[row], (time) => text.clock(time)),
      ...known(table.events[row] || null, (count) => `${text.count(count)} event${count === 1 ? "" : "s"}`),
      ...known(table.tracks[row] || null, (count) => `${text.count(count)} track${count === 1 ? "" : "s"}`),
    ];
    const marks = [table.change[row] && element("em", {}, table.change[row]), table.flaw[row] && element("small", {}, table.flaw[row])];
    const folder = cut ? [element("span", { class: "folder" }, path.slice(0, cut - 1))] : [];
    return element("li", { class: status, title: path }, link ? element("a", { href: link }, ...name) : element("span", {}, ...name), ...folder,
      element("p", {}, element("b", {}, element("i", { class: "shape", "aria-hidden": "true" }, shapes[status]), ` ${status}`), ...facts.flatMap((fact) => [" · ", fact])),
      ...(table.classes[row] ? [element("span", { class: "folder classes" }, table.classes[row].join(", "))] : []),
      ...marks.filter(Boolean));
  }
};
