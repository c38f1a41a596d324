// Who there is, and a form for one more.
import { attempt, call } from "/pages/screen/call.js";
import { $, element, keep, piece } from "/pages/screen/parts.js";
import { announce, say, spaced, story } from "/pages/screen/text.js";

export function showPeople(people) {
  $("#no-people").hidden = people.length > 0;
  keep($("#people-list"), people, (person) => person.msisdn, () => piece("person").made, change);
}

function change(made, person) {
  const part = (name) => $(`[data-part=${name}]`, made);
  part("link").href = `/phone/${person.msisdn}`;
  part("name").textContent = person.name;
  part("number").textContent = spaced(person.msisdn);
  part("story").textContent = story(person.story);
  part("marks").replaceChildren(...marks(person).map(([name, tone]) => element("span", say(name), `mark ${tone}`)));
}

function marks(person) {
  const all = [
    [person.open > 0, "start.mark_open", "good"],
    [person.app === "old", "start.mark_old", "warn"],
    [person.app === "none", "start.mark_none", "warn"],
    [person.app === "current" && !person.usable, "start.mark_young", "warn"],
    [!person.push && person.usable, "start.mark_push", ""],
    [person.answers !== "by_hand", `start.mark_${person.answers}`, ""],
  ];
  return all.filter(([holds]) => holds).map(([, name, tone]) => [name, tone]);
}

const form = $("#add");
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { msisdn, name, email, age, app, answers, after, push, story } = form.elements;
  const person = {
    msisdn: msisdn.value,
    name: name.value,
    email: email.value || null,
    age: age.valueAsNumber,
    app: app.value,
    answers: answers.value,
    after: after.valueAsNumber,
    push: push.checked,
    story: story.value,
  };
  if (!(await attempt($("[data-part=problem]", form), () => call("POST", "/sim/people", person)))) return;
  announce(say("start.added", { name: person.name }));
  form.reset();
  msisdn.focus();
});
