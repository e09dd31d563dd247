'use strict';
/* Numbers, times and foreign text as a reader wants them. Text from a log only ever becomes a text node. */
(function (Replay) {
  const NOTHING = '–';
  const SHAPES = { pending: '◌', running: '◐', completed: '●', failed: '✕', skipped: '○', warning: '▲', damaged: '◆' };
  /* What could move, reorder or hide text. */
  const HIDDEN = new RegExp(
    '[\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u061c\\u180e\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff0-\\ufffb]|'
    + '\\udb40[\\udc00-\\udfff]|[\\ud800-\\udbff](?![\\udc00-\\udfff])|(?<![\\ud800-\\udbff])[\\udc00-\\udfff]', 'g');
  const NAMED = { '\n': '\\n', '\t': '\\t', '\r': '\\r' };

  const two = (value) => String(value).padStart(2, '0');

  /* Foreign text with hidden characters made visible. */
  function visible(text) {
    return String(text).replace(HIDDEN, (mark) => NAMED[mark] ?? `\\u{${mark.codePointAt(0).toString(16)}}`);
  }

  function count(value) { return Math.round(value).toLocaleString('en-US'); }

  function plural(value, noun) { return `${count(value)} ${noun}${value === 1 ? '' : 's'}`; }

  /* A place in the run: `0:04.2`, `1:02:03.0`. */
  function clock(seconds, digits = 1) {
    const power = 10 ** digits;
    const all = Math.round(Math.max(0, seconds) * power);
    const whole = Math.floor(all / power);
    const hours = Math.floor(whole / 3600);
    let text = hours ? `${hours}:${two(Math.floor(whole / 60) % 60)}:` : `${Math.floor(whole / 60)}:`;
    text += two(whole % 60);
    return digits ? `${text}.${String(all % power).padStart(digits, '0')}` : text;
  }

  /* A span for reading: `0.8 s`, `12 s`, `3 min 04 s`, `2 h 05 min`. */
  function span(seconds) {
    if (!Number.isFinite(seconds) || seconds < 0) return NOTHING;
    if (seconds > 0 && seconds < 0.05) return 'under 0.1 s';
    if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
    const whole = Math.round(seconds);
    if (whole < 60) return `${whole} s`;
    if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
    return `${count(Math.floor(whole / 3600))} h ${two(Math.floor(whole / 60) % 60)} min`;
  }

  function bytes(size) {
    let value = size;
    let unit = 'B';
    for (const next of ['kB', 'MB', 'GB', 'TB']) {
      if (value < 999.5) break;
      value /= 1000;
      unit = next;
    }
    return `${unit !== 'B' && value < 9.95 ? value.toFixed(1) : Math.round(value)} ${unit}`;
  }

  /* `2026-11-23 14:12:59 UTC` */
  function wall(milliseconds) {
    if (!Number.isFinite(milliseconds)) return '';
    const text = new Date(milliseconds).toISOString();
    return `${text.slice(0, 10)} ${text.slice(11, 19)} UTC`;
  }

  function speed(value) { return value === 'max' ? 'to the end' : `${Number(value.toPrecision(3))}×`; }

  /* How far a video is; an estimate is told to be one. */
  function percent(state) { return `${state.estimate ? '~' : ''}${state.percent} %`; }

  /* Frames a second. */
  function rate(value) { return `${value < 9.95 ? value.toFixed(1) : count(value)} fps`; }

  /* Sets an element's text, touching the page only when it changes. */
  function put(element, text) {
    if (element.textContent !== text) element.textContent = text;
  }

  function show(element, isShown) {
    if (element.hidden === isShown) element.hidden = !isShown;
  }

  /* An element with a class and a text. */
  function make(name, className, text) {
    const element = document.createElement(name);
    if (className) element.className = className;
    if (text !== undefined) element.textContent = text;
    return element;
  }

  /* Names and values in a list of terms; rows are kept and only their texts change. */
  function facts(list, pairs) {
    const shown = pairs.filter(([, value]) => value !== null && value !== undefined && value !== '');
    while (list.children.length > shown.length) list.lastElementChild.remove();
    while (list.children.length < shown.length) {
      const row = make('div');
      row.append(make('dt'), make('dd'));
      list.append(row);
    }
    shown.forEach(([name, value, more], index) => {
      const [term, text] = list.children[index].children;
      put(term, name);
      put(text, value);
      if (more) text.title = more; else text.removeAttribute('title');
    });
  }

  Object.assign(Replay, {
    NOTHING, SHAPES, visible, plural, put, show, make, facts,
    format: { count, clock, span, bytes, wall, speed, rate, percent },
  });
})(window.Replay);
