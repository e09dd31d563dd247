// The page of one video.

if (forgebatch.page === "video") (() => {
  const { element, text } = forgebatch;
  const { job, video, file } = document.body.dataset;
  let lanes = null;
  let boxes = null;
  let player = null;

  forgebatch.listeners.video.push((data) => {
    const root = document.getElementById("lanes");
    const figure = document.getElementById("still");
    if (!root || !data.lanes.length) return;
    if (figure) boxes = new forgebatch.Boxes(figure, data, job);
    lanes = new forgebatch.Lanes(root, data, (frame, isByHand) => {
      if (player?.isOpen) {
        if (player.isFollowing) boxes.show(frame, true);
        else player.seek(frame);
      } else if (boxes && !boxes.isEmpty && (isByHand || hasMoved)) boxes.show(frame, false);
    });
    if (figure && /^https?:$/.test(location.protocol)) player = new forgebatch.Player(figure, boxes, lanes, video);
    else if (figure && file) openFile(figure);
    linkTables();
    addDownload(data);
    readLink();
  });

  /// The video from disk, if it is there and plays.
  async function openFile(figure) {
    if (await forgebatch.Player.probe(file)) player = new forgebatch.Player(figure, boxes, lanes, file);
    else figure.append(element("p", { class: "none" }, forgebatch.Player.refusal));
  }

  let hasMoved = false;

  function go(frame) {
    hasMoved = true;
    lanes.place(frame);
    document.getElementById("chart").scrollIntoView({ block: "nearest" });
  }

  function readLink() {
    const time = new URLSearchParams(location.hash.slice(1)).get("t");
    if (time !== null && lanes && Number.isFinite(Number(time))) go(lanes.frame(Number(time)));
  }
  addEventListener("hashchange", readLink);

  /// The first time of each row of the tables leads to that place.
  function linkTables() {
    for (const row of document.querySelectorAll("table.events tbody tr")) {
      const frames = row.cells[4].textContent.replace(/,/g, "");
      const frame = parseInt(frames, 10);
      const cell = row.cells[1];
      if (!Number.isFinite(frame)) continue;
      cell.replaceChildren(element("a", { href: `#t=${lanes.time(frame).toFixed(3)}` }, cell.textContent));
    }
  }

  /// The measures as the page has them, a row a column.
  function addDownload(data) {
    const links = document.getElementById("links");
    const button = element("button", { class: "button", type: "button" }, "Measures in this chart (CSV)");
    button.onclick = () => {
      const head = ["frame", "time", ...data.lanes.flatMap((lane) => (lane.max ? [`${lane.name}.low`, `${lane.name}.high`] : [lane.name]))];
      const columns = data.lanes.flatMap((lane) => (lane.max ? [lanes.values(lane, "min"), lanes.values(lane, "max")] : [lanes.values(lane, "min")]));
      const lines = lanes.frames.map((frame, place) => [frame, lanes.time(frame).toFixed(3),
        ...columns.map((values) => (values[place] === null ? "" : Number(values[place].toFixed(4))))].join(","));
      const link = element("a", { download: `${job}.csv` });
      link.href = URL.createObjectURL(new Blob([`${head.join(",")}\n${lines.join("\n")}\n`], { type: "text/csv" }));
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    };
    links.append(element("li", {}, button));
  }

  const open = (selector) => () => {
    const link = document.querySelector(selector);
    if (!link) return false;
    location.href = link.href;
  };
  const step = (by) => () => {
    if (!lanes) return false;
    hasMoved = true;
    if (player?.isOpen) player.step(by);
    else lanes.place(Math.min(lanes.data.frames - 1, Math.max(0, lanes.at + by)));
  };
  const help = forgebatch.help("Keys", [
    ["← →", "previous and next video"], ["Shift+← Shift+→", "previous and next that failed"], ["u", "all videos"],
    [", .", "one frame back and on"], ["space", "play or pause, where the video plays"], ["0", "see the whole chart"], ["?", "this sheet"],
  ]);
  forgebatch.onKey({
    ArrowLeft: open("a[rel=prev]"), ArrowRight: open("a[rel=next]"), "Shift+ArrowLeft": open("a[data-key=previous-failed]"),
    "Shift+ArrowRight": open("a[data-key=next-failed]"), u: open("a[data-key=up]"), ",": step(-1), ".": step(1),
    " ": () => (player?.isOpen ? player.play() : false), 0: () => (lanes ? lanes.setSpan(null) : false), "?": help,
  });
  forgebatch.addCopyButtons();
})();
