/**
 * The customers who are being asked at this station, as far as the page has heard, and those who wait for their turn.
 *
 * News may come twice and out of order, by an answer and by an event: a state never goes back, and final is final.
 * @module
 */

import { now } from './api.js';
/** @typedef {import('./views.js').Identification} Identification */
/**
 * @typedef {{id: string, state: string, reason: string | null, code: string, app: string, customer: {masked: string},
 *   created_at: string, expires_at: string | null, member: any, outcome?: string | null}} Enrolment
 */

/** @type {Record<string, number>} */
const RANK = { asking: 0, waiting: 1 };
const FINAL = 2;
/** Milliseconds that an end stays in sight when nobody has opened it. */
const ENDED_SHOWN = 60_000;
const MOST_REMEMBERED = 50;
const MOST_SENT_AGAIN = 2;

export class Enrolments {
  constructor() {
    /** @type {Map<string, Enrolment>} */
    this.all = new Map();
    /** @type {Map<string, number>} when we heard of the end, in milliseconds of `performance.now()` */
    this.ended = new Map();
    /** @type {Record<string, string>} the identification behind each */
    this.asked = {};
    /** @type {Record<string, number>} how often each identification was asked again */
    this.again = {};
  }

  /** Take in how one stands. @param {Enrolment} told @returns {boolean} whether it was unknown */
  learn(told) {
    const known = this.all.get(told.id);
    if (known && rank(known) > rank(told)) return false;
    this.all.set(told.id, told);
    if (rank(told) === FINAL && !this.ended.has(told.id)) this.ended.set(told.id, performance.now());
    return known === undefined;
  }

  /** @param {string} id */
  get(id) {
    return /** @type {Enrolment} */ (this.all.get(id));
  }

  /** @param {string} id */
  has(id) {
    return this.all.has(id);
  }

  /** @param {string} id */
  isFinal(id) {
    return this.has(id) && rank(this.get(id)) === FINAL;
  }

  /** Those that may still be answered, oldest first. */
  open() {
    return [...this.all.keys()].filter((id) => !this.isFinal(id)).sort();
  }

  /** What goes on, or ended a moment ago, beside what is on the screen. @param {string | null} shown */
  beside(shown) {
    const recent = (/** @type {string} */ id) => performance.now() - (this.ended.get(id) ?? Infinity) < ENDED_SHOWN;
    return [...this.all.values()].filter(({ id }) => id !== shown && (!this.isFinal(id) || recent(id)));
  }

  /** @param {string} id */
  drop(id) {
    this.all.delete(id);
    this.ended.delete(id);
  }

  /** Forget everything: another station. */
  clear() {
    this.all.clear();
    this.ended.clear();
    this.asked = {};
    this.again = {};
  }

  /** @param {string} enrolment @param {string} identification */
  belongs(enrolment, identification) {
    this.asked[enrolment] = identification;
    const [oldest] = Object.keys(this.asked);
    if (Object.keys(this.asked).length > MOST_REMEMBERED) delete this.asked[oldest];
  }

  /** @param {string} enrolment @returns {string | undefined} */
  identificationOf(enrolment) {
    return this.asked[enrolment];
  }

  /** @param {string} identification */
  sent(identification) {
    return this.again[identification] ?? 0;
  }

  /** @param {string} identification */
  countSent(identification) {
    this.again[identification] = this.sent(identification) + 1;
  }

  /** @param {string} enrolment */
  canSendAgain(enrolment) {
    const id = this.identificationOf(enrolment);
    return id !== undefined && this.sent(id) < MOST_SENT_AGAIN;
  }

  /** What to remember over a reload. */
  kept() {
    return { asked: this.asked, sent: this.again };
  }

  /** @param {{asked: Record<string, string>, sent: Record<string, number>}} kept */
  recall({ asked, sent }) {
    this.asked = { ...asked, ...this.asked };
    this.again = { ...sent, ...this.again };
  }
}

/** Milliseconds after a scan in which it is certain that the customer still stands here. */
const FRESH = 30_000;
/** Milliseconds that it takes to see that the screen has changed. */
const GLANCE = 1500;

/** Customers who scanned the sticker while the cashier was busy: they wait, and nobody is put in another's place. */
export class Arrivals {
  /** @param {number} life seconds that an identification lasts */
  constructor(life) {
    this.life = life * 1000;
    /** @type {Identification[]} */
    this.all = [];
  }

  /** @param {Identification} identification */
  isFresh({ expires_at }) {
    return now() - (Date.parse(expires_at) - this.life) <= FRESH;
  }

  /** Whether to show one that came by itself, on a screen that is free or not. @param {Identification} arrived @param {boolean} free */
  shows(arrived, free) {
    const fresh = this.isFresh(arrived);
    if (arrived.evidence !== 'station_qr') return fresh;
    if (!fresh || !free) this.add(arrived);
    return fresh && free;
  }

  /** Whether the latest came while the page was loaded. @param {Identification} last @param {import('./memory.js').Screen | null} kept */
  missed(last, kept) {
    if (last.evidence !== 'station_qr' || last.id === kept?.focus || last.id === kept?.seen) return false;
    return kept !== null || this.isFresh(last);
  }

  /** Taken off the screen before anybody can have read it, it has not been there. @param {import('./views.js').View} view */
  left(view) {
    if (view.kind !== 'identified' || view.identification.evidence !== 'station_qr') return;
    if (performance.now() - (view.at ?? 0) < GLANCE) this.add(view.identification);
  }

  /** Let one wait; a member who scans again waits once. @param {Identification} arrived */
  add(arrived) {
    this.all = this.all.filter(({ member }) => !member || member.id !== arrived.member?.id).concat(arrived);
  }

  /** Those who wait, in the order in which they came. */
  waiting() {
    this.all = this.all.filter(({ expires_at }) => Date.parse(expires_at) > now());
    return this.all.map((each) => ({ ...each, state: 'scanned' }));
  }

  /** Whose turn it is when the screen is free. */
  next() {
    return this.all.find((each) => this.isFresh(each));
  }

  /** @param {string} id */
  take(id) {
    const found = this.all.find((each) => each.id === id);
    this.all = this.all.filter((each) => each !== found);
    return found;
  }
}

/** @param {Enrolment} enrolment */
function rank({ state }) {
  return RANK[state] ?? FINAL;
}
