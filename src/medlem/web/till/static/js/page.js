/**
 * The page's elements, found by their ids.
 * @module
 */

let files = '';

/** @param {string} address where the page's files are */
export function begin(address) {
  files = address;
}

/** @param {string} id @returns {HTMLElement} */
export function $(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found;
}

/** @param {string} id @returns {HTMLInputElement} */
export function field(id) {
  return /** @type {HTMLInputElement} */ ($(id));
}

/** Change a text only when it is another one: what hears the screen would read it out again. @param {Element} element @param {string} text */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** @param {Element} use @param {string} name */
export function setIcon(use, name) {
  const address = `${files}/img/icons.svg#${name}`;
  if (use.getAttribute('href') !== address) use.setAttribute('href', address);
}
