// The index: search, sorting, table and gallery, keys and links such as #view=gallery&q=s:failed+dir:cam03&sort=-duration.

if (forgebatch.page === "index") (() => {
  const { element, text, query } = forgebatch;
  const section = document.getElementById("table");
  const still = document.getElementById("rows");
  const head = still.querySelector("table.videos");
  if (!head) return;

  const table = new forgebatch.Table();
  const live = element("div", { id: "found", hidden: true });
  still.after(live);
  const bare = head.cloneNode(true);
  bare.querySelectorAll("tbody, caption").forEach((part) => part.remove());
  const view = new forgebatch.Window(live, table, bare);
  const state = { line: "", column: null, isDescending: false, isGallery: false };
  let loading = null;
  let wait = 0;

  // The search field, above the table.
  const field = element("input", {
    type: "search", placeholder: "Search: words, s:failed, dir:cam03, events>10 …", "aria-label": "Search videos",
    autocomplete: "off", spellcheck: "false",
  });
  const tally = element("output", { class: "tally", "aria-live": "polite" });
  const chips = element("p", { class: "chips" });
  for (const [name, line] of [["All", ""], ["Failed", "s:failed"], ["Damaged", "s:damaged"], ["Warnings", "s:warning"], ["This run", "run:this"]]) {
    const chip = element("button", { class: "button", type: "button" }, name);
    chip.dataset.line = line;
    chip.onclick = () => ask(line);
    chips.append(chip);
  }
  // Two ways to look at them. A gallery has no heads to sort by.
  const views = element("p", { class: "chips views", role: "group", "aria-label": "View" });
  for (const [name, isGallery] of [["Table", false], ["Gallery", true]]) {
    const button = element("button", { class: "button", type: "button", title: "table or gallery (g)" }, name);
    button.onclick = () => look(isGallery);
    views.append(button);
  }
  const names = {
    "": "Failures first", path: "Path", status: "Status", frames: "Frames", rate: "Rate", size: "Size", codec: "Codec",
    duration: "Duration", speed: "Speed", events: "Events", tracks: "Tracks",
  };
  const order = element("select", { class: "button", "aria-label": "Sort by" });
  for (const [value, name] of Object.entries(names)) order.append(element("option", { value }, name));
  order.onchange = () => {
    state.column = order.value || null;
    state.isDescending = Boolean(state.column) && !ascending.includes(state.column);
    update();
  };
  const turn = element("button", { class: "button", type: "button", title: "turn the order round" }, "↓");
  turn.onclick = () => { if (state.column) { state.isDescending = !state.isDescending; update(); } };
  const sorting = element("p", { class: "chips", hidden: true }, order, turn);
  const line = element("div", { class: "line" }, field, tally);
  const bar = element("div", { class: "search", role: "search" }, line, chips, element("div", { class: "ways" }, sorting, views));
  still.before(bar);

  /// Loads the rows of all pages, this one's last known order first.
  function loadRows() {
    loading ||= (async () => {
      let shards = 1;
      forgebatch.listeners.rows.push((data) => { table.take(data); shards = data.shards; });
      for (let shard = 0; shard < shards; shard += 1) {
        await forgebatch.load(shard ? `data/index-${shard + 1}.js` : "data/index.js");
        if (shard + 1 < shards) {
          tally.textContent = `${text.count(table.rowCount)} rows read …`;
          if (shard % 2 === 0) show();
          await new Promise((resolve) => setTimeout(resolve));
        }
      }
    })();
    return loading;
  }

  function show() {
    const isPlain = !state.line.trim() && !state.column && !state.isGallery;
    [...views.children].forEach((button, place) => { button.ariaPressed = String(state.isGallery === (place === 1)); });
    sorting.hidden = !state.isGallery;
    order.value = state.column || "";
    turn.disabled = !state.column;
    turn.textContent = state.isDescending ? "↓" : "↑";
    still.hidden = !isPlain;
    live.hidden = isPlain;
    document.querySelectorAll(".shards").forEach((links) => { links.hidden = !isPlain; });
    for (const chip of chips.children) chip.ariaPressed = String(chip.dataset.line === state.line.trim());
    markSorting(bare);
    markSorting(still);
    if (isPlain) {
      tally.textContent = "";
      live.replaceChildren();
      return;
    }
    const rows = table.select(query.parse(state.line), state.column, state.isDescending);
    view.show(rows, state.isGallery);
    tally.textContent = `${text.count(rows.length)} of ${text.count(table.rowCount)}`;
    if (!rows.length) live.replaceChildren(element("p", { class: "none" }, "No video matches."));
  }

  const ascending = ["path", "status", "codec"];
  const columns = ["path", "status", "frames", "rate", "size", "codec", "duration", "speed", "events", "tracks"];

  /// Says in each head how it is sorted.
  function markSorting(root) {
    for (const part of root === bare ? [bare] : root.querySelectorAll("table")) {
      const cells = part.tHead.rows[0].cells;
      for (let place = 0; place < cells.length; place += 1) {
        const isHere = state.column === columns[place];
        if (isHere) cells[place].ariaSort = state.isDescending ? "descending" : "ascending";
        else if (cells[place].ariaSort) cells[place].removeAttribute("aria-sort");
      }
      if (root === still) break;
    }
  }

  async function update(isScrolling) {
    const round = ++wait;
    await loadRows();
    if (round !== wait) return;
    show();
    writeLink();
    if (isScrolling) section.scrollIntoView();
  }

  function ask(line, isScrolling = false) {
    state.line = line;
    field.value = line;
    update(isScrolling);
  }

  function sort(column) {
    if (state.column !== column) {
      state.column = column;
      state.isDescending = !ascending.includes(column);
    } else if (state.isDescending === ascending.includes(column)) {
      state.column = null;
    } else {
      state.isDescending = !state.isDescending;
    }
    update();
  }

  function look(isGallery, isScrolling = false) {
    state.isGallery = isGallery;
    update(isScrolling);
  }

  section.addEventListener("click", (event) => {
    const cell = event.target.closest("thead th");
    if (cell) sort(columns[cell.cellIndex]);
  });
  section.addEventListener("keydown", (event) => {
    const cell = event.target.closest("thead th");
    if (cell && (event.key === "Enter" || event.key === " ")) {
      event.preventDefault();
      sort(columns[cell.cellIndex]);
    }
  });
  for (const cell of [...bare.tHead.rows[0].cells, ...head.tHead.rows[0].cells]) cell.tabIndex = 0;

  const typed = forgebatch.paced(() => { state.line = field.value; update(); });
  field.addEventListener("input", typed);
  field.addEventListener("focus", loadRows, { once: true });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === "ArrowDown") { event.preventDefault(); move(1, true); }
  });

  // Links to what is asked.
  function readLink() {
    const parts = new URLSearchParams(location.hash.slice(1));
    if (!parts.has("q") && !parts.has("sort") && !parts.has("view")) return false;
    state.isGallery = parts.get("view") === "gallery";
    const order = parts.get("sort") || "";
    const column = order.replace(/^-/, "");
    state.column = { time: "duration" }[column] || (columns.includes(column) ? column : null);
    state.isDescending = order.startsWith("-");
    ask(parts.get("q") || "", true);
    return true;
  }

  function writeLink() {
    const parts = [];
    const line = state.line.trim();
    if (state.isGallery) parts.push("view=gallery");
    if (line) parts.push(`q=${encodeURIComponent(line).replace(/%20/g, "+").replace(/%3A/g, ":").replace(/%2F/g, "/")}`);
    if (state.column) parts.push(`sort=${state.isDescending ? "-" : ""}${state.column}`);
    const link = parts.length ? `#${parts.join("&")}` : "#videos";
    if (location.hash !== link) history.replaceState(null, "", link);
  }

  addEventListener("hashchange", () => { if (!readLink() && (state.line || state.isGallery)) { state.isGallery = false; ask(""); } });
  for (const tile of document.querySelectorAll("[data-query]")) {
    tile.addEventListener("click", (event) => { event.preventDefault(); state.column = null; ask(tile.dataset.query, true); });
  }

  // Keys.
  const links = () => [...(live.hidden ? still : live).querySelectorAll("tbody th a, .gallery li > a")];

  /// Goes to the next or previous row.
  function move(step, isFirst = false) {
    const all = links();
    const place = isFirst ? -1 : all.indexOf(document.activeElement);
    if (!all.length) return;
    let next = place < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, place + step));
    if (place < 0 && !isFirst) {
      // Begin with what can be seen.
      const seen = all.findIndex((link) => link.getBoundingClientRect().top > 60);
      if (seen >= 0 && section.getBoundingClientRect().top < 0) next = seen;
    }
    all[next].focus();
    all[next].scrollIntoView({ block: "nearest" });
  }

  const help = forgebatch.help("Keys", [
    ["/", "search"], ["f", "failed videos"], ["a", "all videos"], ["g", "table or gallery"], ["j k", "next and previous row"], ["Enter", "open the row"],
    ["Escape", "leave the search"], ["?", "this sheet"],
  ], [element("p", { class: "none" },
    "The search takes words, which the path has to hold, and s:failed, dir:cam03, ext:mp4, codec:h264, class:person, cause:memory, ",
    "change:new, flaw:failed, run:this, frames>1000, duration<2min, size>10mb, speed<1, events=0, tracks>3. A dash before a word turns it round.")]);
  forgebatch.onKey({
    "/": () => { field.focus(); field.select(); section.scrollIntoView(); },
    f: () => ask("s:failed", true),
    a: () => { state.column = null; ask("", true); },
    g: () => look(!state.isGallery, true),
    j: () => move(1), k: () => move(-1), "?": help,
    Escape: () => { if (document.activeElement !== field) return false; field.blur(); },
  });
  const keys = element("button", { class: "button keys", type: "button", title: "Keys" }, "?");
  keys.onclick = help;
  line.append(keys);

  forgebatch.addCopyButtons();
  if (!readLink()) show();
  window.forgebatchIndex = { ask, sort, look, state, table, ready: loadRows };
})();
