/**
 * A word on a bad scan that must not take the screen away from the customer who is being served.
 * @module
 */

import { SHOWN } from './views.js';

export class Note {
  /** @param {() => void} changed */
  constructor(changed) {
    this.changed = changed;
    this.why = '';
    this.timer = 0;
  }

  /** @param {string} why */
  show(why) {
    clearTimeout(this.timer);
    this.why = why;
    this.timer = setTimeout(() => {
      this.why = '';
      this.changed();
    }, SHOWN);
    this.changed();
  }
}
