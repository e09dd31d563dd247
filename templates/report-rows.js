// The rows of the index as columns, and as many of them on the page as can be seen.

forgebatch.Table = class {
  constructor() {
    this.rowCount = 0;
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
    for (const name of forgebatch.query.numbers) this[name] = [];
  }

  /// Appends a shard.
  take(data) {
    const first = this.rowCount;
    let path = "";
    for (let place = 0; place < data.paths.length; place += 2) {
      path = path.slice(0, data.paths[place]) + data.paths[place + 1];
      this.path.push(path);
      this.lower.push(path.toLowerCase());
    }
    const letters = "fqdwos";
    for (const letter of data.status) this.status.push(letters.indexOf(letter));
    for (const mark of data.marks) this.marks.push(Number(mark));
    for (let place = 0; place < data.status.length; place += 1) this.id.push(data.ids.slice(place * 32, place * 32 + 32));
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

  /// A video's page, else its result; null when it has neither.
  link(row) {
    if (this.marks[row] & 1) {
      const id = this.id[row];
      const cuts = [0, 8, 12, 16, 20, 32];
      const name = cuts.slice(1).map((cut, place) => id.slice(cuts[place], cut)).join("-");
      return `v/${id.slice(0, 2)}/${name}.html`;
    }
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
    this.watcher = new IntersectionObserver((entries) => {
      for (const entry of entries) entry.isIntersecting ? this.fill(entry.target) : this.empty(entry.target);
    }, { rootMargin: "1200px 0px" });
  }

  show(rows) {
    this.rows = rows;
    this.watcher.disconnect();
    const blocks = [];
    for (let start = 0; start < rows.length; start += forgebatch.Window.size) {
      const block = forgebatch.element("div", { class: "block" });
      block.dataset.start = start;
      block.style.minHeight = `${Math.min(forgebatch.Window.size, rows.length - start) * 2.1}rem`;
      blocks.push(block);
    }
    // The first rows are there at once, the others when they come near.
    if (blocks.length) this.fill(blocks[0]);
    this.root.replaceChildren(...blocks);
    for (const block of blocks) this.watcher.observe(block);
  }

  fill(block) {
    if (block.firstChild) return;
    const start = Number(block.dataset.start);
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
    head.append(link ? element("a", { href: link }, table.path[row]) : table.path[row]);
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
};
