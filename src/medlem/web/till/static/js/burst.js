/**
 * A burst: key presses so close together that they belong to one scan, or to one person typing.
 *
 * A scanner presses a key every few milliseconds, a Bluetooth one perhaps every sixty; nobody types like that. One
 * late key does not make a scan human, nor one early key a human a scanner: the median decides.
 * @module
 */

/** @typedef {import('./layouts.js').Stroke} Stroke */

/** Milliseconds between two keys that end somebody's burst. */
export const PAUSE = 80;
/** The same once it is known to be a scanner's, which may have been held up on its way. */
export const HICCUP = 250;
/** Silence after which a scanner that sends no Enter has said everything. */
export const SETTLED = 120;

const FAST = 35;
const FAST_FOR_ADDRESS = 60;
const ENOUGH = 6;
const ENOUGH_WITH_SUFFIX = 3;
const OPENING = ['KeyH', 'KeyT', 'KeyT', 'KeyP', 'KeyS'];
const AIM_LENGTH = 3;

export class Burst {
  constructor() {
    /** @type {Stroke[]} */
    this.strokes = [];
  }

  /** Whether a key pressed now would belong to it. @param {number} at */
  takes(at) {
    const last = this.strokes.at(-1);
    return last !== undefined && at - last.at <= (this.isScan() ? HICCUP : PAUSE);
  }

  /** @param {Stroke} stroke */
  add(stroke) {
    this.strokes.push(stroke);
  }

  /** Whether only a scanner types like this. */
  isScan() {
    const pace = median(gaps(this.strokes.map(({ at }) => at)));
    if (this.strokes.length >= ENOUGH && pace < FAST) return true;
    return this.#opensLikeAnAddress() && pace < FAST_FOR_ADDRESS;
  }

  /** The same when Enter or Tab follows, which tells short codes too. @param {number} at */
  isScanEndingAt(at) {
    if (this.isScan()) return true;
    const times = [...this.strokes.map((stroke) => stroke.at), at];
    return times.length > ENOUGH_WITH_SUFFIX && Math.max(...gaps(times)) < FAST;
  }

  #opensLikeAnAddress() {
    return [0, AIM_LENGTH].some((from) =>
      OPENING.every((code, at) => {
        const stroke = this.strokes[from + at];
        return stroke && (stroke.code || `Key${stroke.key.toUpperCase()}`) === code;
      }),
    );
  }
}

/** @param {number[]} times */
function gaps(times) {
  return times.slice(1).map((time, at) => time - times[at]);
}

/** @param {number[]} values */
function median(values) {
  if (values.length === 0) return Infinity;
  return [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)];
}
