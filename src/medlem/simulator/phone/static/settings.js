// The drawer behind the phone: what the person is like, which is nothing that her app could show.
import { attempt, call } from "/pages/screen/call.js";
import { $ } from "/pages/screen/parts.js";
import { say } from "/pages/screen/text.js";

const drawer = $("#settings");
const traits = $("#traits");
const move = $("#move");
let msisdn = "";

export function showSettings(person) {
  msisdn = person.msisdn;
  for (const field of traits.elements) {
    if (field === document.activeElement) continue; // Nothing changes under somebody's fingers.
    if (field.type === "checkbox") field.checked = person[field.name];
    else field.value = person[field.name];
  }
  if (move.msisdn !== document.activeElement) move.msisdn.value = person.msisdn;
  $("#after").hidden = !["approve", "decline"].includes(person.answers);
}

async function act(method, path, body, done) {
  $("#settings-said").textContent = "";
  const worked = await attempt($("#settings-problem"), () => call(method, `/sim/people/${msisdn}${path}`, body));
  if (worked) $("#settings-said").textContent = say(done);
}

$("#open-settings").addEventListener("click", () => {
  $("#settings-said").textContent = "";
  $("#settings-problem").hidden = true;
  drawer.showModal();
});
drawer.addEventListener("click", (event) => {
  if (event.target === drawer) drawer.close(); // Beside it, not in it.
});
traits.addEventListener("submit", (event) => event.preventDefault());
traits.addEventListener("change", ({ target }) => {
  if (!target.reportValidity()) return;
  const value = { checkbox: target.checked, number: Number(target.value) }[target.type] ?? target.value;
  act("PATCH", "", { [target.name]: value }, "settings.saved");
});
move.addEventListener("submit", (event) => {
  event.preventDefault();
  act("PATCH", "", { msisdn: move.msisdn.value.trim() }, "settings.moved");
});
$("#withdraw").addEventListener("submit", (event) => {
  event.preventDefault();
  act("POST", "/revoke", undefined, "settings.revoked");
});
