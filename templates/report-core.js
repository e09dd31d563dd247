// The report's script, in parts that the writer joins into one classic script: it runs from file:// without modules,
// requests or storage. Pages are whole without it; it adds search, sorting, keys and closer looks.
"use strict";

const forgebatch = (() => {
  const page = document.body.dataset.page;
  const listeners = { rows: [], video: [], boxes: [] };

  /// Data files call these; a page's part takes what it was loaded for.
  const api = {
    rows: (data) => listeners.rows.forEach((take) => take(data)),
    video: (data) => listeners.video.forEach((take) => take(data)),
    boxes: (chunk, data) => listeners.boxes.forEach((take) => take(chunk, data)),
  };

  /// Runs another script of the report; resolves when it has called back.
  function load(source) {
    return new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = source;
      script.onload = resolve;
      script.onerror = () => reject(new Error(`${source} cannot be loaded`));
      document.head.append(script);
    });
  }

  /// An element with attributes, properties and children; text is only ever set as text.
  function element(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (value === undefined || value === null || value === false) continue;
      if (key in made && typeof value !== "string") made[key] = value;
      else made.setAttribute(key, value);
    }
    made.append(...children);
    return made;
  }

  const shapes = { failed: "✕", quarantined: "■", damaged: "◆", warning: "▲", ok: "●", skipped: "○" };

  const text = {
    count: (value) => String(value).replace(/\B(?=(\d{3})+$)/g, ","),
    decimal: (value, digits) => String(Number(value.toFixed(digits))),
    bytes(value) {
      if (value < 1000) return `${value} B`;
      let unit = "B";
      for (const next of ["kB", "MB", "GB", "TB"]) {
        if (value < 999.5) break;
        value /= 1000;
        unit = next;
      }
      return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${unit}`;
    },
    /// Seconds as `0:04.2` or `1:02:03`.
    clock(value, digits = value < 10 ? 1 : 0) {
      const power = 10 ** digits;
      const all = Math.round(Math.abs(value) * power);
      const whole = Math.floor(all / power);
      const two = (number) => String(number).padStart(2, "0");
      const hours = Math.floor(whole / 3600);
      const minutes = Math.floor(whole / 60);
      let result = hours ? `${hours}:${two(minutes % 60)}:` : `${minutes}:`;
      result += two(whole % 60);
      if (digits) result += `.${String(all % power).padStart(digits, "0")}`;
      return value < 0 && all ? `−${result}` : result;
    },
  };

  /// Calls `body` at most once a frame, with what it was last called with.
  function paced(body) {
    let wanted = null;
    return (...values) => {
      if (!wanted) requestAnimationFrame(() => { const last = wanted; wanted = null; body(...last); });
      wanted = values;
    };
  }

  /// Keys that mean something here: not while writing, not with Ctrl, Alt or Meta.
  function onKey(keys) {
    document.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return;
      const target = event.target;
      const isWriting = target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
      if (isWriting && event.key !== "Escape") return;
      if (document.querySelector("dialog[open]") && event.key !== "Escape") return;
      const act = keys[(event.shiftKey && event.key.length > 1 ? "Shift+" : "") + event.key];
      if (act && act(event) !== false) event.preventDefault();
    });
  }

  /// The sheet of keys that `?` opens.
  function help(title, rows, more = []) {
    const list = element("dl", { class: "keys" });
    for (const [keys, meaning] of rows) {
      const term = element("dt");
      keys.split(" ").forEach((key) => term.append(element("kbd", {}, key), " "));
      list.append(element("div", {}, term, element("dd", {}, meaning)));
    }
    const close = element("button", { class: "button", type: "button" }, "Close");
    const sheet = element("dialog", { class: "sheet", "aria-label": title }, element("h2", {}, title), list, ...more, close);
    close.onclick = () => sheet.close();
    document.body.append(sheet);
    return () => (sheet.open ? sheet.close() : sheet.showModal());
  }

  /// A button that copies a command, beside each command.
  function addCopyButtons() {
    for (const command of document.querySelectorAll("pre.command")) {
      const button = element("button", { class: "button copy", type: "button" }, "Copy");
      button.onclick = async () => {
        const text = command.querySelector("code").textContent;
        try {
          await navigator.clipboard.writeText(text);
        } catch {
          const range = document.createRange();
          range.selectNodeContents(command.querySelector("code"));
          getSelection().removeAllRanges();
          getSelection().addRange(range);
          document.execCommand("copy");
        }
        button.textContent = "Copied";
        setTimeout(() => { button.textContent = "Copy"; }, 1500);
      };
      command.append(button);
    }
  }

  return { ...api, page, listeners, load, element, shapes, text, paced, onKey, help, addCopyButtons };
})();
