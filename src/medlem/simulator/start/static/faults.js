// The rules by which calls go wrong. The control API takes a whole plan, so each change sends all of it.
import { attempt, call } from "/pages/screen/call.js";
import { $, piece } from "/pages/screen/parts.js";
import { announce, language, say } from "/pages/screen/text.js";

const PLATFORM = ["access_token", "exchange", "exchange_customer", "callback_qr", "discovery", "jwks", "user_exists", "backchannel", "token", "userinfo", "webhooks"];
const ANSWERED = ["exchange", "backchannel", "token"];
const PRESETS = {
  none: [],
  down: PLATFORM.map((operation) => ({ operation, kind: "500" })),
  slow: PLATFORM.map((operation) => ({ operation, kind: "delay", seconds: 2 })),
  lost: ANSWERED.map((operation) => ({ operation, kind: "lost", probability: 0.5 })),
  pings: [{ operation: "ping", kind: "lost" }],
};

const form = $("#rule");
let plan = { seed: 0, faults: [] };
let shown = "";

export function showFaults({ seed, faults, operations, kinds }) {
  plan = { seed, faults };
  fill(operations, kinds);
  $("#all-well").hidden = faults.length > 0;
  if (shown === JSON.stringify(faults)) return; // So that the focus stays on "remove".
  shown = JSON.stringify(faults);
  $("#rules").replaceChildren(...faults.map(line));
}

function line(fault, place) {
  const { made, part } = piece("rule-line");
  const rule = say("start.rule", { operation: fault.operation, kind: say(`kind.${fault.kind}`) });
  part("operation").textContent = `${fault.operation} ${fault.kind}`;
  part("what").textContent = [say(`kind.${fault.kind}`), ...details(fault)].join(" · ");
  part("remove").setAttribute("aria-label", say("start.remove_rule", { rule }));
  part("remove").addEventListener("click", () => set(plan.faults.filter((_, each) => each !== place)));
  return made;
}

function details({ seconds, probability, times }) {
  const number = new Intl.NumberFormat(language);
  return [
    seconds ? say("start.seconds_of", { seconds: number.format(seconds) }) : null,
    probability < 1 ? say("start.chance", { percent: number.format(probability * 100) }) : null,
    times === null ? null : say("start.times_left", { times }),
  ].filter(Boolean);
}

// Offers for each call only the kinds that mean something there.
function fill(operations, kinds) {
  const { operation, kind } = form.elements;
  if (operation.length) return;
  operation.append(...operations.map((name) => new Option(name)));
  const offer = () => {
    const fitting = kinds.filter(({ only }) => !only.length || only.includes(operation.value));
    kind.replaceChildren(...fitting.map((each) => new Option(`${each.kind} – ${say(`kind.${each.kind}`)}`, each.kind)));
  };
  operation.addEventListener("change", offer);
  offer();
}

async function set(faults) {
  const problem = $("#faults [data-part=problem]");
  if (await attempt(problem, () => call("PUT", "/sim/faults", { seed: plan.seed, faults }))) {
    announce(say(faults.length ? "start.faults_set" : "start.all_well"));
  }
}

for (const button of document.querySelectorAll("button[data-preset]")) {
  button.addEventListener("click", () => set(PRESETS[button.dataset.preset]));
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const { operation, kind, seconds, probability, times } = form.elements;
  const fault = {
    operation: operation.value,
    kind: kind.value,
    seconds: seconds.valueAsNumber,
    probability: probability.valueAsNumber,
    times: times.value === "" ? null : times.valueAsNumber,
  };
  set([...plan.faults, fault]);
});
