'use strict';
/* A socket that is kept: opened again 2 s after any close, pinged every 30 s, and stood in for by polling every 2 s. */
(function (Replay) {
  const RETRY = 2000;
  const POLL = 2000;
  const PING = 30000;

  class Channel {
    /*
     * address: the socket's URL as of now. message: takes a parsed message. change: told when the socket opens or
     * closes. poll: asks by HTTP while there is no socket. isOver: whether nothing more is to come.
     */
    constructor({ address, message, change, poll, isOver = () => false }) {
      Object.assign(this, { address, message, change, poll, isOver });
      this.isOpen = false;
      this.isStopped = true;
      this.isPolling = false;
    }

    start() {
      this.isStopped = false;
      this.connect();
      this.keepPolling();
    }

    stop() {
      this.isStopped = true;
      clearTimeout(this.retry);
      clearTimeout(this.wait);
      clearInterval(this.ping);
      this.isOpen = false;
      const socket = this.socket;
      this.socket = null;
      if (socket) socket.close();
    }

    /* Begins again what ended with the last thing there was to know. */
    revive() {
      if (this.isStopped) return;
      if (!this.socket) {
        clearTimeout(this.retry);
        this.connect();
      }
      this.keepPolling();
    }

    connect() {
      const socket = new WebSocket(this.address());
      this.socket = socket;
      socket.onopen = () => {
        if (this.socket !== socket) return;
        this.isOpen = true;
        this.ping = setInterval(() => this.send({ type: 'ping' }), PING);
        this.change();
      };
      socket.onmessage = ({ data }) => {
        if (this.socket !== socket) return;
        let json = null;
        try { json = JSON.parse(data); } catch { return; }
        if (json && typeof json === 'object' && json.type !== 'pong') this.message(json, data);
      };
      socket.onclose = () => {
        if (this.socket !== socket) return;
        this.socket = null;
        this.isOpen = false;
        clearInterval(this.ping);
        this.change();
        if (this.isStopped || this.isOver()) return;
        this.retry = setTimeout(() => this.connect(), RETRY);
        this.keepPolling();
      };
    }

    send(message) {
      if (this.isOpen) this.socket.send(JSON.stringify(message));
    }

    async keepPolling() {
      if (this.isPolling) return;
      this.isPolling = true;
      while (!this.isStopped && !this.isOpen && !this.isOver()) {
        await this.poll();
        await new Promise((done) => { this.wait = setTimeout(done, POLL); });
      }
      this.isPolling = false;
    }
  }

  /* Asks the server; an answer that is none or no success is an error with a sentence. */
  async function ask(path, options) {
    const response = await fetch(new URL(path, document.baseURI), { cache: 'no-store', ...options });
    if (response.ok) return response;
    let detail = `${response.status} ${response.statusText}`;
    try { detail = (await response.json()).detail ?? detail; } catch { /* the status says enough */ }
    throw Object.assign(new Error(detail), { status: response.status });
  }

  function socketAddress(path) {
    return new URL(path, document.baseURI).href.replace(/^http/, 'ws');
  }

  Object.assign(Replay, { Channel, ask, socketAddress });
})(window.Replay);
