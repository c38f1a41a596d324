/**
 * The one door through which every key press comes in, whatever has the focus: scans go to the till, digits to the
 * number field, shortcuts to their buttons.
 *
 * The danger is a scan whose Enter presses a button: the wrong customer would be asked. So no key acts at once. Enter,
 * Space and the shortcuts act when they stand alone: no key shortly before them, none right after, no scan just done.
 * @module
 */

import { Burst, HICCUP, SETTLED } from './burst.js';
import { judge } from './code.js';

/** @typedef {import('./code.js').Verdict} Verdict */
/**
 * @typedef {object} Desk what the keyboard works for
 * @property {string[]} hosts
 * @property {(verdict: Verdict) => void} scanned
 * @property {(digits: string) => void} typed digits that no field has got
 * @property {(command: 'enter' | 'next' | 'again' | 'signup') => void} command
 * @property {() => boolean} listening whether there is anything to scan for
 * @property {() => () => void} keep remembers what stands in the fields; the answer puts it back
 */

/** Milliseconds around a key in which another one means that a machine types. */
const ALONE = 50;
/** The same before a button is pressed: it may ask a customer, and keys can be held up on their way to us. */
const SURELY_ALONE = 150;
/** How long after the last digit it counts as typed; short of what a person notices. */
const TYPED = 150;
/** How long after a scan Enter and Tab do nothing: they may come late, or twice. */
const AFTER_SCAN = 400;

/** @type {Record<string, 'next' | 'again' | 'signup'>} */
const SHORTCUTS = { Escape: 'next', F2: 'again', F8: 'signup' };
const MODIFIERS = new Set(['Shift', 'Control', 'Alt', 'AltGraph', 'Meta', 'CapsLock', 'Fn', 'NumLock']);

export class Keyboard {
  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.burst = new Burst();
    this.untaken = '';
    this.lastKey = -Infinity;
    this.quietUntil = -Infinity;
    this.numpadCodes = 0;
    this.silence = 0;
    this.waiting = 0;
    this.putBack = () => {};
  }

  /** Begin to listen. */
  listen() {
    document.addEventListener('keydown', (event) => this.#pressed(event), { capture: true });
    // Space presses a button when it is let go, unless its going down was refused; some browsers need both.
    document.addEventListener('keyup', (event) => event.key === ' ' && pressable() && event.preventDefault(), true);
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    if (MODIFIERS.has(event.key) || !this.desk.listening()) return;
    const at = event.timeStamp;
    const crowded = at - this.lastKey < ALONE;
    if (!event.repeat) {
      this.lastKey = at;
      clearTimeout(this.waiting); // what was about to act did not stand alone
    }
    if (event.key === 'Enter' || event.key === 'Tab') this.#ended(event, crowded || at < this.quietUntil);
    else if (event.key in SHORTCUTS) this.#act(event, crowded, () => this.desk.command(SHORTCUTS[event.key]));
    else if (event.altKey && /^Numpad[0-9]$/.test(event.code)) this.#numpadCode(event);
    else if (isCharacter(event)) this.#character(event);
    else if (crowded && event.ctrlKey) refuse(event); // control characters of a code, which open the browser's windows
  }

  /** @param {KeyboardEvent} event */
  #character(event) {
    if (event.repeat) {
      if (pressable()) event.preventDefault();
      return;
    }
    if (!this.burst.takes(event.timeStamp)) this.#begin();
    this.burst.add(strokeOf(event));
    if (this.burst.isScan()) {
      refuse(event);
      this.putBack();
    } else if (event.key === ' ' && pressable('choice')) {
      const pressed = pressable('choice');
      this.#act(event, false, () => pressed?.click(), SURELY_ALONE);
    } else if (!isField(event.target)) {
      event.preventDefault(); // browsers search the page for what is typed at it
      if (/^[0-9+]$/.test(event.key)) this.untaken += event.key;
    }
    this.#await();
  }

  /** Enter or Tab: the end of a scan, or a press of its own. @param {KeyboardEvent} event @param {boolean} crowded */
  #ended(event, crowded) {
    const mine = this.burst.takes(event.timeStamp) && this.burst.isScanEndingAt(event.timeStamp);
    if (mine) {
      refuse(event);
      this.#conclude();
    } else if (event.key === 'Enter') {
      const button = pressable();
      if (button) this.#act(event, crowded, () => button.click(), SURELY_ALONE);
      else this.#act(event, crowded, () => this.desk.command('enter'));
    } else if (crowded) {
      refuse(event);
    }
  }

  /**
   * Do something, if this press stands alone.
   * @param {KeyboardEvent} event
   * @param {boolean} crowded
   * @param {() => void} action
   * @param {number} patience
   */
  #act(event, crowded, action, patience = ALONE) {
    refuse(event);
    if (!crowded && !event.repeat) this.waiting = setTimeout(action, patience);
  }

  #begin() {
    clearTimeout(this.silence);
    this.#handOn();
    this.burst = new Burst();
    this.numpadCodes = 0;
    this.putBack = this.desk.keep();
  }

  /** See what comes of it when nothing more comes. A machine that is behind has keys that we have not seen yet. */
  #await() {
    clearTimeout(this.silence);
    const behind = 2 * Math.max(0, performance.now() - this.lastKey);
    if (!this.burst.isScan()) {
      this.silence = setTimeout(() => this.#handOn(), TYPED + behind);
      return;
    }
    this.silence = setTimeout(() => {
      if ('code' in judge(this.burst.strokes, this.desk.hosts)) this.#conclude();
      else this.silence = setTimeout(() => this.#conclude(), HICCUP - SETTLED);
    }, SETTLED + behind);
  }

  /** Somebody typed: hand on what no field has got. The burst stays: a key that was held up may still belong to it. */
  #handOn() {
    const digits = this.burst.isScan() ? '' : this.untaken;
    this.untaken = '';
    if (digits) this.desk.typed(digits);
  }

  /** A scan is complete. */
  #conclude() {
    clearTimeout(this.silence);
    const { strokes } = this.burst;
    this.burst = new Burst();
    this.untaken = '';
    this.quietUntil = this.lastKey + SETTLED + AFTER_SCAN;
    this.putBack();
    this.desk.scanned(this.numpadCodes ? { wrong: 'alt_numpad' } : judge(strokes, this.desk.hosts));
    // Dead keys leave their sign in the field when the next key comes, which may have been this scan's Enter.
    const putBack = this.desk.keep();
    for (const later of [0, ALONE]) setTimeout(putBack, later);
  }

  /** Alt and a number for each character: a mode of scanners that works on one system only. @param {KeyboardEvent} event */
  #numpadCode(event) {
    if (!this.burst.takes(event.timeStamp)) this.#begin();
    this.numpadCodes += 1;
    this.burst.add(strokeOf(event));
    event.preventDefault();
    this.#await();
  }
}

/** @param {KeyboardEvent} event @returns {import('./layouts.js').Stroke} */
function strokeOf(event) {
  return {
    code: event.code,
    key: event.key,
    shift: event.shiftKey,
    altGr: event.getModifierState('AltGraph') || event.altKey,
    caps: event.getModifierState('CapsLock'),
    at: event.timeStamp,
  };
}

/** @param {KeyboardEvent} event */
function isCharacter(event) {
  const altGr = event.getModifierState('AltGraph');
  if ((event.ctrlKey && !altGr) || event.metaKey) return false;
  if (event.altKey && !altGr && !/^Digit/.test(event.code)) return false; // a shortcut of the browser
  return event.key.length === 1 || ['Dead', 'Process', 'Unidentified'].includes(event.key);
}

/** What has the focus and can be pressed: a button; by Space also one of several choices. @param {'choice'} [or] */
function pressable(or) {
  const at = document.activeElement;
  if (at instanceof HTMLButtonElement) return at;
  return or && at instanceof HTMLInputElement && at.type === 'radio' ? at : null;
}

/** @param {EventTarget | null} target */
function isField(target) {
  return target instanceof HTMLInputElement && target.type !== 'radio';
}

/** @param {Event} event */
function refuse(event) {
  event.preventDefault();
  event.stopImmediatePropagation();
}
