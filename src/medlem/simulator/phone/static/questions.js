// The questions that wait for a yes or a no.
import { attempt, call } from "/pages/screen/call.js";
import { now } from "/pages/screen/news.js";
import { $, element, keep, piece } from "/pages/screen/parts.js";
import { knows, say } from "/pages/screen/text.js";

const TICK = 1000;

export const inWords = (scopes) =>
  scopes.length ? scopes.map((scope) => (knows(`scope.${scope}`) ? say(`scope.${scope}`) : scope)) : [say("scope.none")];

export const pressed = new Set(); // What was answered on this page, and not by somebody's own habit or elsewhere.

export function showQuestions(requests, merchant) {
  keep($("#requests"), requests, (request) => request.id, (request) => question(request, merchant));
  count();
}

function question(request, merchant) {
  const { made, part } = piece("question");
  made.dataset.until = request.expires_at;
  part("title").textContent = say("phone.asks", { merchant });
  part("code").textContent = request.code;
  part("code-block").hidden = !request.code;
  part("shares").append(...inWords(request.shares).map((words) => element("li", words)));
  part("boxes").append(...request.consents.map(box));
  part("boxes").hidden = !request.consents.length;
  press(made, request, part);
  return made;
}

// Nothing is ticked for her. The browser itself asks for the boxes that are required.
function box(consent) {
  const { made, part } = piece("box");
  part("tick").name = consent.id;
  part("tick").required = consent.required;
  part("title").textContent = consent.title;
  part("required").hidden = !consent.required;
  return made;
}

function press(made, request, part) {
  const thumb = async (answer, body) => {
    const buttons = made.querySelectorAll("button");
    for (const button of buttons) button.disabled = true;
    pressed.add(request.id);
    let said = null;
    const done = await attempt(part("problem"), async () => {
      said = await call("POST", `/sim/requests/${request.id}/${answer}`, body);
    });
    if (said?.opens) location.assign(said.opens); // As a phone goes from the app to its browser.
    if (!done) for (const button of buttons) button.disabled = false;
  };
  $("form", made).addEventListener("submit", (event) => {
    event.preventDefault();
    const ticks = [...made.querySelectorAll("input")].map((tick) => [tick.name, tick.checked]);
    thumb("approve", { consents: Object.fromEntries(ticks) });
  });
  part("decline").addEventListener("click", () => thumb("decline", {}));
}

function count() {
  for (const question of $("#requests").children) {
    const left = Math.max(0, Math.ceil(question.dataset.until - now()));
    const minutes = Math.floor(left / 60);
    const seconds = String(left % 60).padStart(2, "0");
    $("[data-part=left]", question).textContent = say("phone.left", { left: `${minutes}:${seconds}` });
  }
}

setInterval(count, TICK);
