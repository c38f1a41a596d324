/**
 * The customers who are being asked at this station, as far as the page has heard.
 *
 * News may come twice and out of order, by an answer and by an event: a state never goes back, and final is final.
 * @module
 */

/**
 * @typedef {{id: string, state: string, reason: string | null, code: string, app: string, customer: {masked: string},
 *   created_at: string, expires_at: string | null, member: any}} Enrolment
 */

/** @type {Record<string, number>} */
const RANK = { asking: 0, waiting: 1 };
const FINAL = 2;
/** Milliseconds that an end stays in sight when nobody has opened it. */
const ENDED_SHOWN = 60_000;
const MOST_REMEMBERED = 50;

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

/** @param {Enrolment} enrolment */
function rank({ state }) {
  return RANK[state] ?? FINAL;
}
