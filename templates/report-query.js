// What the search field understands: words, and words with a key.

forgebatch.query = (() => {
  const numbers = ["frames", "rate", "size", "duration", "speed", "events", "tracks"];
  const units = { k: 1e3, m: 1e6, g: 1e9, kb: 1e3, mb: 1e6, gb: 1e9, s: 1, min: 60, h: 3600 };
  const statuses = ["failed", "quarantined", "damaged", "warning", "ok", "skipped"];

  /// Splits at spaces outside double quotes.
  const words = (line) => line.match(/-?(?:[a-z]+[:<>=]+)?"[^"]*"?|\S+/gi) || [];

  /// One word as a test of a row: `(table, row) => bool`; null for half a word such as `s:`.
  function test(word) {
    if (word.length > 1 && word.startsWith("-")) {
      const inner = test(word.slice(1));
      return inner && ((table, row) => !inner(table, row));
    }
    const pair = /^([a-z]+)(:|<=|>=|<|>|=)(.*)$/i.exec(word);
    const plain = (value) => value.replace(/"/g, "").toLowerCase();
    if (pair) {
      const [, key, sign, raw] = pair;
      const value = plain(raw);
      const name = key.toLowerCase();
      if (!value && ["s", "status", "dir", "ext", "codec", "cause", "change", "run", "class", "flaw", ...numbers].includes(name)) return null;
      if (sign === ":" && (name === "s" || name === "status")) {
        const wanted = new Set(statuses.map((status, place) => (status.startsWith(value) ? place : -1)));
        return (table, row) => wanted.has(table.status[row]);
      }
      if (sign === ":" && name === "dir") return (table, row) => inFolder(table.lower[row], value);
      if (sign === ":" && name === "ext") return (table, row) => table.lower[row].endsWith(`.${value}`);
      if (sign === ":" && name === "codec") return (table, row) => (table.codecName(row) || "").startsWith(value);
      if (sign === ":" && name === "cause") return (table, row) => (table.cause[row] || "").toLowerCase().includes(value);
      if (sign === ":" && name === "change") return (table, row) => (table.change[row] || "").includes(value);
      if (sign === ":" && name === "class") return (table, row) => (table.classes[row] || []).some((one) => one.toLowerCase().startsWith(value));
      if (sign === ":" && name === "flaw") return (table, row) => (table.flaw[row] || "").toLowerCase().includes(value);
      if (sign === ":" && name === "run") return (table, row) => table.isOfThisRun(row) === "this".startsWith(value);
      if (numbers.includes(name)) return compare(name, sign, value);
    }
    const value = plain(word);
    return value ? (table, row) => table.lower[row].includes(value) : null;
  }

  /// `dir:cam03` is a folder of that name anywhere in the path; `dir:a/b` several in a row.
  const inFolder = (path, folder) => `/${path.slice(0, path.lastIndexOf("/") + 1)}`.includes(`/${folder.replace(/\/$/, "")}/`);

  function compare(name, sign, value) {
    const parts = /^([\d.]+)\s*([a-z]*)$/.exec(value);
    if (!parts) return () => false;
    const number = Number(parts[1]) * (parts[2] ? units[parts[2]] || NaN : 1);
    const holds = {
      "<": (found) => found < number, ">": (found) => found > number, "<=": (found) => found <= number,
      ">=": (found) => found >= number, "=": (found) => found === number, ":": (found) => found === number,
    }[sign];
    return (table, row) => { const found = table[name][row]; return found !== null && holds(found); };
  }

  /// A line as one test; a row passes when every word holds. Null when there is nothing to ask.
  function parse(line) {
    const tests = words(line).map(test).filter(Boolean);
    return tests.length ? (table, row) => tests.every((holds) => holds(table, row)) : null;
  }

  return { parse, numbers, statuses };
})();
