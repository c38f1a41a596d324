// What callers did, and where they broke the rules.
import { $, element, keep } from "/pages/screen/parts.js";
import { say } from "/pages/screen/text.js";

const SHOWN = 6; // Latest answers of each operation.

export function showCalls({ violations, operations }) {
  const called = Object.entries(operations).filter(([, line]) => line.count > 0);
  $("#no-calls").hidden = called.length > 0;
  $("#calls-table").hidden = called.length === 0;
  const mark = $("#violations");
  mark.textContent = violations ? say("start.some_violations", { count: violations }) : say("start.no_violations");
  mark.className = `mark ${violations ? "warn" : "good"}`;
  keep($("#calls-table tbody"), called, ([name]) => name, () => element("tr"), change);
}

function change(row, [name, line]) {
  const head = element("th");
  head.scope = "row";
  head.append(element("code", name));
  const last = element("td");
  const answers = line.last.slice(-SHOWN).reverse();
  last.append(...answers.map(({ status }) => element("span", status ?? say("start.no_answer"), `mark ${tone(status)}`)));
  row.replaceChildren(head, element("td", line.count, "number"), element("td", line.violations, "number"), last);
  row.classList.toggle("broken", line.violations > 0);
}

const tone = (status) => (status >= 200 && status < 300 ? "good" : status === null || status >= 429 ? "warn" : "");
