/**
 * Live events: server-sent events read by `fetch`, so that silence is noticed and a refusal can be told from a fault
 * (WHATWG HTML section 9.2). Whoever comes back says what they saw last, and gets what they missed.
 * @module
 */

import { check } from './api.js';
/** Milliseconds of silence after which a line is dead; the service says something every five seconds. */
const SILENCE = 10_000;
const LONGEST_PAUSE = 5000;

/**
 * @typedef {object} Listener
 * @property {(kind: string, body: any) => void} event
 * @property {() => void} live something has come
 * @property {() => void} lost
 * @property {() => void} unpaired the service does not know this till
 */

export class Stream {
  /** @param {Listener} listener */
  constructor(listener) {
    this.listener = listener;
    this.last = '';
    this.pause = 1000;
    this.failures = 0;
    this.running = false;
    this.line = new AbortController();
    /** @type {() => void} */
    this.hurry = () => {};
  }

  /** Listen until the service says that this till is not paired. */
  async run() {
    if (this.running) return;
    this.running = true;
    while (this.running) {
      const ended = await this.#connect();
      if (this.running && !ended) await this.#rest();
    }
  }

  /** Try at once instead of in a while. */
  again() {
    this.hurry();
  }

  /** Begin anew, as another station. */
  restart() {
    this.last = '';
    this.line.abort();
    this.hurry();
    this.run();
  }

  /**
   * One line, for as long as it lives.
   * @returns {Promise<boolean>} whether the service ended it properly after a while, as when it is replaced by another:
   *   then there is nothing to wait for
   */
  async #connect() {
    const began = performance.now();
    const line = (this.line = new AbortController());
    let watchdog = setTimeout(() => line.abort(), SILENCE);
    try {
      const headers = { Accept: 'text/event-stream', ...(this.last && { 'Last-Event-ID': this.last }) };
      const answer = await fetch('/v1/events', { headers, cache: 'no-store', signal: line.signal });
      check(answer.headers.get('Date'));
      if (answer.status === 401 || answer.status === 403) {
        this.#unpaired();
        return false;
      }
      if (!answer.ok || !answer.body) throw new Error(String(answer.status));
      const parser = new Parser(this);
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        clearTimeout(watchdog);
        watchdog = setTimeout(() => line.abort(), SILENCE);
        this.failures = 0;
        this.listener.live();
        parser.read(part.value);
      }
      return performance.now() - began > this.pause;
    } catch {
      this.failures += 1;
      this.listener.lost();
      return false;
    } finally {
      clearTimeout(watchdog);
      line.abort();
    }
  }

  #unpaired() {
    this.running = false;
    this.last = '';
    this.listener.unpaired();
  }

  /** @returns {Promise<void>} */
  #rest() {
    return new Promise((resolve) => {
      this.hurry = resolve;
      setTimeout(resolve, Math.min(this.pause * 2 ** Math.max(0, this.failures - 1), LONGEST_PAUSE));
    });
  }
}

/** Puts lines together, and events. */
class Parser {
  /** @param {Stream} stream */
  constructor(stream) {
    this.stream = stream;
    this.rest = '';
    this.kind = '';
    this.body = '';
    this.id = '';
  }

  /** @param {string} text */
  read(text) {
    const lines = (this.rest + text).split('\n');
    this.rest = lines.pop() ?? '';
    for (const line of lines) this.#line(line);
  }

  /** @param {string} line */
  #line(line) {
    if (line === '') return this.#dispatch();
    const [, name, value] = /^([^:]*):? ?(.*?)\r?$/.exec(line) ?? [];
    if (name === 'id') this.id = value;
    else if (name === 'event') this.kind = value;
    else if (name === 'data') this.body += value;
    else if (name === 'retry') this.stream.pause = Number(value);
  }

  #dispatch() {
    const { kind, body } = this;
    this.kind = this.body = '';
    this.stream.last = this.id; // not before: an event that was cut off comes again
    if (body) this.stream.listener.event(kind, JSON.parse(body));
  }
}
