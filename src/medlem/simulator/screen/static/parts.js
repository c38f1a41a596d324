// Builds pieces of a page from the templates that stand in it. Whatever is put in is put in as text.
export const $ = (selector, within = document) => within.querySelector(selector);

// A copy of <template id="…">; its parts are found by `data-part`.
export function piece(template) {
  const made = document.getElementById(template).content.firstElementChild.cloneNode(true);
  return { made, part: (name) => made.querySelector(`[data-part="${name}"]`) };
}

export function element(tag, text, className) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

// Makes the children of a place those of a list: kept where their key is known, so that ticks and focus stay.
export function keep(place, list, keyOf, make, change = () => {}) {
  const there = new Map([...place.children].map((child) => [child.dataset.key, child]));
  const wanted = list.map((item) => {
    const child = there.get(keyOf(item)) ?? make(item);
    child.dataset.key = keyOf(item);
    change(child, item);
    return child;
  });
  for (const child of there.values()) if (!wanted.includes(child)) child.remove();
  wanted.forEach((child, rank) => {
    if (place.children[rank] !== child) place.insertBefore(child, place.children[rank] ?? null);
  });
}

// Copies the text of `source`; where the browser forbids that, marks it, so that two keys do.
export function copies(button, source, done) {
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(source.textContent);
      done();
    } catch {
      getSelection().selectAllChildren(source);
    }
  });
}
