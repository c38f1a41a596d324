/**
 * The till: what the cashier does, what the service says, and what is on the screen because of it.
 *
 * One view at a time. A customer who is being asked is never lost: whoever moves on leaves the enrolment behind as a
 * chip, and a late yes still makes a member. Answers that come after the cashier has moved on change nothing here.
 * @module
 */

import { get, post, set } from './api.js';
import { Arrivals, Enrolments } from './enrolments.js';
import { remember, screen } from './memory.js';
import { Note, afterRefusal, askable, choose, isResult, knowBetter, lifeOf, notPaired } from './views.js';

/** @typedef {import('./views.js').Identification} Identification */
/** @typedef {import('./views.js').View} View */

/** A button that has just appeared is not pressed yet: a second tap, or the end of a scan. */
export const HOLD = 400;
const [SAME_SCAN, RETRY, ASK_PATIENCE, POLL] = [3000, 10_000, 12_000, 2000];

export class Till {
  /**
   * @param {{hosts: string[], identificationLife: number, several: boolean}} settings
   * @param {() => void} changed something on the screen may be different
   * @param {() => void} paired this browser is a station now
   * @param {() => boolean} typing a number is half typed
   */
  constructor(settings, changed, paired, typing) {
    this.settings = settings;
    this.changed = changed;
    this.paired = paired;
    this.typing = typing;
    this.arrivals = new Arrivals(settings.identificationLife);
    /** @type {View} */
    this.view = { kind: 'starting' };
    this.enrolments = new Enrolments();
    /** @type {{id: string, name: string} | null} */
    this.station = null;
    /** @type {number | null} since when nothing is heard of the service */
    this.lostAt = performance.now();
    this.note = new Note(changed);
    this.scan = { code: '', at: -Infinity }; // the one that is not answered yet
    /** @type {Identification[]} */
    this.held = [];
    this.known = new Set();
    this.inFlight = this.timer = this.polling = 0;
    this.kept = screen();
    this.seen = this.kept?.seen ?? null; // the last identification on the screen
  }

  /** @param {import('./code.js').Verdict} verdict */
  scanned(verdict) {
    if ('wrong' in verdict) return this.#badScan(verdict.wrong);
    const { code } = verdict;
    if (code === this.scan.code && performance.now() - this.scan.at < SAME_SCAN) return;
    const scan = (this.scan = { code, at: performance.now() });
    this.#identify({ scan: code }, { kind: 'identifying', by: 'scan' }).finally(() => (scan.code = ''));
  }

  /** @param {string} typed @param {string} country */
  number(typed, country) {
    const digits = typed.replace(/\D/g, '');
    if (digits.length < 5) return this.#show({ kind: 'idle', error: 'invalid' });
    this.#identify({ phone: typed, country }, { kind: 'identifying', by: 'number', hint: `•• ${digits.slice(-2)}` });
  }

  /** Ask the customer who has been identified. */
  invite() {
    const { view } = this;
    if (view.kind !== 'identified' || performance.now() - (view.at ?? 0) < HOLD) return;
    if (askable(view.identification)) this.#ask(view.identification);
  }

  /** Say who the customer is. @param {string} member */
  async choose(member) {
    const { view } = this;
    const answer = await choose(view, member);
    if (this.view !== view || view.kind !== 'identified' || !answer) return;
    if ('ok' in answer) this.#show({ kind: 'identified', identification: answer.ok });
    else this.#refused(answer, 'lookups', () => this.#show(view));
  }

  /** Ask once more after an ask that came to nothing. */
  again() {
    const { view } = this;
    if (view.kind !== 'enrolment' || performance.now() - (view.at ?? 0) < HOLD || !this.enrolments.canSendAgain(view.id)) return;
    const { customer, app } = this.enrolments.get(view.id);
    const id = this.enrolments.identificationOf(view.id) ?? '';
    this.enrolments.countSent(id);
    this.#leave();
    this.#ask({ id, customer, app, membership: 'not_member', member: null, expires_at: '' });
  }

  /** The next customer, at any time. */
  next() {
    this.#leave();
    this.#show({ kind: 'idle' });
  }

  /** Show the way to sign up without the app. */
  signup() {
    this.#leave();
    this.#show({ kind: 'signup' });
  }

  /** Open an enrolment that goes on in the background, or whoever waits. @param {string} id */
  open(id) {
    const identification = this.arrivals.take(id);
    this.#leave();
    this.#show(identification ? { kind: 'identified', identification } : { kind: 'enrolment', id });
  }

  /** Try at once what is tried again by itself in a while. */
  retry() {
    if (this.view.kind === 'refused') this.view.retry?.();
  }

  /** Whatever shows a result, nobody looks at the screen now. */
  hidden() {
    if (isResult(this.view, this.enrolments)) this.next();
  }

  /** @param {string} code */
  async pair(code) {
    this.#show({ kind: 'pairing', busy: true });
    const answer = await post('/till/pair', { code });
    if ('ok' in answer) return this.settings.several ? location.reload() : this.#start(answer.ok); // it is this club's page
    if (this.station) return this.#start(this.station); // an old link, opened at a till that is paired
    this.#show(notPaired(answer));
  }

  /** @param {{id: string, name: string}} station */
  #start(station) {
    this.station = station;
    this.enrolments.clear();
    this.arrivals.all = [];
    this.kept = null;
    this.#show({ kind: 'starting' });
    this.paired();
  }

  /** The service does not know this till. */
  unpaired() {
    this.station = null;
    this.enrolments.clear();
    if (this.view.kind !== 'pairing') this.#show({ kind: 'pairing' });
  }

  /** @param {string} kind @param {any} body */
  event(kind, body) {
    if (kind === 'snapshot') this.#snapshot(body);
    else if (kind === 'enrolment') this.#learn(body);
    else if (kind === 'identification') this.#identifiedElsewhere(body);
    this.changed();
  }

  live() {
    if (this.lostAt === null) return;
    this.lostAt = null;
    clearInterval(this.polling);
    this.polling = 0;
    this.retry();
    this.changed();
  }

  /** Nothing is heard any more: ask after every customer who is being asked, until something is. */
  lost() {
    this.lostAt ??= performance.now();
    if (!this.polling) this.polling = setInterval(() => this.enrolments.open().forEach((id) => this.#askAfter(id)), POLL);
    this.changed();
  }

  /** @param {any} body @param {View & {kind: 'identifying'}} view */
  async #identify(body, view, key = crypto.randomUUID()) {
    this.#leave();
    this.#show(view);
    this.inFlight += 1;
    const answer = await post('/v1/identifications', body, { key });
    this.inFlight -= 1;
    if ('ok' in answer) this.known.add(answer.ok.id);
    if (this.view === view) {
      if ('ok' in answer) this.#show({ kind: 'identified', identification: answer.ok });
      else this.#refused(answer, 'lookups', () => this.#identify(body, { ...view, retrying: true }, key));
    }
    if (this.inFlight === 0) this.held.splice(0).forEach((each) => this.event('identification', each));
  }

  /** @param {Identification} identification */
  async #ask(identification, key = crypto.randomUUID(), retrying = false) {
    /** @type {View} */
    const view = { kind: 'asking', identification, retrying };
    this.#show(view);
    const answer = await post('/v1/enrolments', { identification: identification.id }, { key, patience: ASK_PATIENCE });
    if ('ok' in answer) {
      this.enrolments.belongs(answer.ok.id, identification.id);
      this.#learn(answer.ok);
      if (this.view === view) this.#show({ kind: 'enrolment', id: answer.ok.id });
    } else if (this.view === view) {
      this.#refused(answer, 'asks', () => this.#ask(identification, key, true), identification);
    }
  }

  /** @param {import('./api.js').Answer} answer @param {'lookups' | 'asks'} limit @param {() => void} retry @param {Identification} [identification] */
  #refused(answer, limit, retry, identification) {
    const view = afterRefusal(answer, limit, retry, identification);
    if (view) this.#show(view);
    else this.unpaired();
  }

  /** @param {string} why */
  #badScan(why) {
    if (['idle', 'refused'].includes(this.view.kind)) return this.#show({ kind: 'refused', why });
    this.note.show(why);
  }

  /** A customer who scanned our sticker, or whom another program identified at this station. @param {Identification} body */
  #identifiedElsewhere(body) {
    if (this.known.has(body.id)) return knowBetter(this.view, body);
    if (this.inFlight > 0) return void this.held.push(body); // it may be the answer that we are waiting for
    this.known.add(body.id);
    if (!this.arrivals.shows(body, this.view.kind === 'idle' && !this.typing())) return;
    this.#leave();
    this.#show({ kind: 'identified', identification: body });
  }

  /** The screen is free though nobody has touched anything: the one who waits is next. */
  #free() {
    this.next();
    const waiting = this.arrivals.next();
    if (waiting) this.open(waiting.id);
  }

  /** @param {any} enrolment */
  #learn(enrolment) {
    const isNew = this.enrolments.learn(enrolment);
    const { view } = this;
    const current = view.kind === 'asking' || view.kind === 'identified' ? view.identification : null;
    const same = current !== null && current.customer.masked === enrolment.customer.masked;
    if (isNew && same && !this.enrolments.isFinal(enrolment.id)) {
      this.enrolments.belongs(enrolment.id, current.id);
      this.#show({ kind: 'enrolment', id: enrolment.id });
    } else if (view.kind === 'enrolment' && view.id === enrolment.id && this.enrolments.isFinal(view.id)) {
      this.#show({ ...view });
    }
  }

  /** @param {any} body */
  #snapshot(body) {
    set(body.server_time);
    this.station = body.station;
    for (const each of body.enrolments) this.enrolments.learn(each);
    const told = new Set(body.enrolments.map((/** @type {any} */ each) => each.id));
    for (const id of this.enrolments.open()) if (!told.has(id)) this.#askAfter(id);
    if (this.view.kind === 'starting' || this.view.kind === 'pairing') this.#restore(body.identification);
  }

  /** Show again what was shown before the page was loaded anew. @param {Identification | null} identification */
  #restore(identification) {
    const open = this.enrolments.open();
    if (this.kept) this.enrolments.recall(this.kept);
    const focus = this.kept ? this.kept.focus : (open.at(-1) ?? null);
    const missed = identification && this.arrivals.missed(identification, this.kept);
    if (identification && !missed) this.known.add(identification.id);
    if (focus && this.enrolments.has(focus)) this.#show({ kind: 'enrolment', id: focus });
    else if (focus && focus === identification?.id) this.#show({ kind: 'identified', identification });
    else this.#show({ kind: 'idle' });
    if (missed) this.event('identification', identification);
  }

  /** @param {string} id */
  async #askAfter(id) {
    const answer = await get(`/v1/enrolments/${id}`);
    if ('ok' in answer) this.event('enrolment', answer.ok);
    else if ('refused' in answer && answer.refused === 'not-found') this.enrolments.drop(id);
  }

  /** What has ended and was seen needs no chip. */
  #leave() {
    this.arrivals.left(this.view);
    if (this.view.kind === 'enrolment' && this.enrolments.isFinal(this.view.id)) this.enrolments.drop(this.view.id);
  }

  /** @param {View} view */
  #show(view) {
    clearTimeout(this.timer);
    view.at = performance.now();
    this.view = view;
    if (view.kind !== 'enrolment') this.note.why = '';
    const life = lifeOf(view, this.enrolments);
    if (view.kind === 'refused' && view.retry) this.timer = setTimeout(view.retry, RETRY);
    else if (life) this.timer = setTimeout(() => this.#free(), life);
    if (view.kind === 'identified') this.seen = view.identification.id;
    const focus = view.kind === 'enrolment' ? view.id : view.kind === 'identified' ? this.seen : null;
    if (view.kind !== 'starting') remember({ focus, seen: this.seen, ...this.enrolments.kept() });
    this.changed();
  }
}
