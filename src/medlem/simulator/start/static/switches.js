// Every switch, with its meaning and its default. The control API takes them all at once: those that are not named
// go back to their defaults, so each change sends whatever differs.
import { attempt, call } from "/pages/screen/call.js";
import { $, element, keep, piece } from "/pages/screen/parts.js";
import { announce, say } from "/pages/screen/text.js";

let all = [];

const same = (left, right) => JSON.stringify(left) === JSON.stringify(right);

export function showSwitches(switches) {
  all = switches;
  keep($("#switch-list"), switches, ({ name }) => name, line, change);
  const changed = switches.filter((each) => !same(each.value, each.default)).length;
  const mark = $("#changed");
  mark.hidden = changed === 0;
  mark.textContent = say("start.changed", { count: changed });
}

function line(each) {
  const { made, part } = piece("switch");
  part("meaning").textContent = say(`switch.${each.name}`);
  part("name").textContent = each.name;
  part("default").textContent = say("start.default", { value: inWords(each.default) });
  const input = control(each);
  input.addEventListener("change", () => set(each.name, () => read(input, each)));
  part("place").append(input);
  return made;
}

function control({ name, choices, default: usual }) {
  if (choices) {
    const select = element("select");
    select.append(...choices.map((choice) => new Option(choice === "" ? say("start.empty") : choice, choice)));
    return select;
  }
  const input = element(typeof usual === "object" ? "textarea" : "input");
  if (typeof usual !== "object") input.type = { boolean: "checkbox", number: "number" }[typeof usual] ?? "text";
  if (input.type === "number") input.step = "any";
  input.name = name;
  return input;
}

function change(made, { value }) {
  const input = $("input, select, textarea", made);
  made.classList.toggle("set", !same(value, all.find(({ name }) => name === made.dataset.key).default));
  if (input === document.activeElement && input.type !== "checkbox" && input.tagName !== "SELECT") return;
  if (input.type === "checkbox") input.checked = value;
  else input.value = typeof value === "object" ? JSON.stringify(value) : value;
}

function read(input, { choices, default: usual }) {
  if (choices) return choices.find((choice) => String(choice) === input.value);
  if (typeof usual === "boolean") return input.checked;
  if (typeof usual === "number") return input.valueAsNumber;
  return typeof usual === "object" ? JSON.parse(input.value) : input.value;
}

function inWords(value) {
  if (typeof value === "boolean") return say(value ? "start.on" : "start.off");
  if (value === "" || value.length === 0) return say("start.empty");
  return Array.isArray(value) ? value.map((each) => each.id ?? each).join(", ") : value;
}

async function set(name, value) {
  const problem = $("#switches [data-part=problem]");
  let wanted;
  try {
    wanted = value();
  } catch {
    problem.textContent = say("start.not_json");
    problem.hidden = false;
    return;
  }
  const next = all.map((each) => (each.name === name ? { ...each, value: wanted } : each));
  put(next.filter((each) => !same(each.value, each.default)));
}

async function put(changed) {
  const body = Object.fromEntries(changed.map(({ name, value }) => [name, value]));
  const done = await attempt($("#switches [data-part=problem]"), () => call("PUT", "/sim/switches", body));
  if (done) announce(say("start.switched"));
  else showSwitches(all);
}

$("#defaults").addEventListener("click", () => put([]));
