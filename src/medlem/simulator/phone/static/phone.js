// The pretend phone: shows what the simulator says stands on it, and sends what the thumb does.
import { follow } from "/pages/screen/news.js";
import { announce, say, spaced, story } from "/pages/screen/text.js";
import { $ } from "/pages/screen/parts.js";
import { showOutcomes } from "./outcomes.js";
import { showCode } from "./qr.js";
import { showQuestions } from "./questions.js";
import { showStickers } from "./scan.js";
import { showSettings } from "./settings.js";

const phone = $("#phone");
const push = $("#push");
const opened = new Set(); // Requests that this app has loaded. Without push, only a refresh loads more.
let first = true;
let latest = null;

const place = (msisdn) => `/phone/${msisdn}`;
const stream = follow(() => `${place(phone.dataset.msisdn)}/news`, show);

function show(picture) {
  latest = picture;
  const { person } = picture;
  moveTo(person.msisdn);
  $("#name").textContent = person.name;
  $("#number").textContent = spaced(person.msisdn);
  $("#story").textContent = story(person.story);
  showUnusable(person, picture.usable);
  if (first || person.push) load();
  first = false;
  $("#pull").hidden = person.push || person.app === "none";
  draw();
  showCode(person, picture.turned);
  showStickers(picture);
  showSettings(person);
}

// The app learns what waits: told by a push message, or because it was opened or pulled down.
function load() {
  const fresh = latest.requests.filter((request) => !opened.has(request.id));
  for (const { id } of fresh) opened.add(id);
  if (!first && fresh.length && latest.person.push) notify(fresh.at(-1));
}

function draw() {
  const questions = latest.requests.filter((request) => opened.has(request.id));
  showQuestions(questions, latest.merchant);
  showOutcomes(latest.past, latest.merchant, questions.length > 0);
  $("#nothing").hidden = questions.length > 0 || !$("#latest").hidden || latest.person.app === "none";
  if (!questions.some((request) => request.id === push.dataset.about)) push.hidden = true;
}

function notify(request) {
  push.dataset.about = request.id;
  $("[data-part=merchant]", push).textContent = latest.merchant;
  $("[data-part=text]", push).textContent = say("phone.push_text");
  push.hidden = false;
  announce(`${latest.merchant}: ${say("phone.push_text")} ${request.code.split("").join(" ")}`);
}

function showUnusable(person, usable) {
  const why = { none: "phone.app_none", old: "phone.app_old" }[person.app] ?? "phone.too_young";
  const shown = $("#unusable");
  shown.textContent = say(why);
  shown.hidden = usable;
  $("#qr").hidden = person.app === "none";
}

function moveTo(msisdn) {
  const from = phone.dataset.msisdn;
  if (from === msisdn) return;
  phone.dataset.msisdn = msisdn;
  history.replaceState(null, "", place(msisdn));
  announce(say("phone.moved", { number: spaced(msisdn) }));
  stream.reopen();
}

push.addEventListener("click", () => {
  push.hidden = true;
  $(`#requests [data-key="${push.dataset.about}"] h3`)?.focus();
});
$("#refresh").addEventListener("click", () => {
  load();
  draw();
  const waits = latest.requests.length > 0;
  announce(say(waits ? "phone.something_waits" : "phone.nothing_waits"));
});
