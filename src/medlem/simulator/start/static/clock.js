// The simulator's clock.
import { attempt, call } from "/pages/screen/call.js";
import { now } from "/pages/screen/news.js";
import { $ } from "/pages/screen/parts.js";
import { announce, language, momentOf, say } from "/pages/screen/text.js";

const TICK = 1000;
const SPANS = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];

let known = false;

export function showClock(turned) {
  known = true;
  $("#turned").textContent = turned ? say("start.turned", { span: span(turned) }) : say("start.not_turned");
  tick();
}

function span(seconds) {
  let rest = Math.round(seconds);
  const parts = [];
  for (const [unit, length] of SPANS) {
    const count = Math.floor(rest / length);
    rest -= count * length;
    if (count) parts.push(new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "long" }).format(count));
  }
  return parts.join(" ");
}

function tick() {
  if (known) $("#time").textContent = momentOf(now());
}

setInterval(tick, TICK);

for (const button of document.querySelectorAll("button[data-advance]")) {
  button.addEventListener("click", () =>
    attempt($("#clock [data-part=problem]"), async () => {
      const told = await call("POST", "/sim/clock", { advance: Number(button.dataset.advance) });
      announce(say("start.turned_now", { moment: momentOf(Date.parse(told.now) / 1000) }));
    }),
  );
}
