// What became of the questions: the latest as the app's own answer, all of them in a list below.
import { now } from "/pages/screen/news.js";
import { $, element, keep, piece } from "/pages/screen/parts.js";
import { announce, say, timeOf } from "/pages/screen/text.js";
import { inWords, pressed } from "./questions.js";

const FRESH = 60; // Seconds for which an answer given before the page was opened is still shown large.

let known = null; // The answers that were there already; null before the first picture.
let large = null; // The one that is shown large, until "done" or the next question.

export function showOutcomes(past, merchant, questionsWait) {
  const fresh = past.find((outcome) => (known ? !known.has(outcome.id) : now() - outcome.at < FRESH));
  const news = known && fresh;
  known = new Set(past.map((outcome) => outcome.id));
  if (fresh) large = fresh.id;
  if (questionsWait && !fresh) large = null;
  const shown = past.filter((outcome) => outcome.id === large);
  const place = $("#latest");
  keep(place, shown, (outcome) => outcome.id, (outcome) => card(outcome, merchant));
  place.hidden = shown.length === 0;
  list(past, merchant);
  if (!news) return;
  announce(`${title(fresh)} ${sentence(fresh, merchant)}`);
  if (pressed.has(fresh.id)) $("h3", place).focus(); // The button that had the focus is gone.
}

function list(past, merchant) {
  $("#before").hidden = past.length === 0;
  keep($("#past"), past, (outcome) => outcome.id, (outcome) => {
    const line = element("li");
    const time = element("time", timeOf(outcome.at), "number soft");
    time.dateTime = new Date(outcome.at * 1000).toISOString();
    line.append(time, element("strong", title(outcome)), element("span", sentence(outcome, merchant)));
    return line;
  });
}

function card(outcome, merchant) {
  const { made, part } = piece("outcome");
  made.dataset.state = outcome.state;
  part("title").textContent = title(outcome);
  part("text").textContent = sentence(outcome, merchant);
  part("consents").append(...outcome.consents.map(consent));
  part("opens").hidden = !outcome.opens;
  if (outcome.opens) part("opens").href = outcome.opens;
  part("done").addEventListener("click", () => {
    large = null;
    made.parentElement.hidden = true;
    $("#nothing").hidden = $("#requests").children.length > 0;
    made.remove();
    $("#requests-title").focus();
  });
  return made;
}

function consent({ title: text, given }) {
  const line = element("li", undefined, given ? "given" : "not-given");
  const words = element("span", text);
  words.lang = "en"; // The merchant's own words, in the merchant's language.
  line.append(element("span", say(given ? "phone.yes_to" : "phone.no_to"), "mark"), " ", words);
  return line;
}

const title = (outcome) => say(`phone.${outcome.state}`);

function sentence(outcome, merchant) {
  if (outcome.state !== "approved") return say(`phone.${outcome.state}_what`, { merchant });
  const shares = new Intl.ListFormat(document.documentElement.lang).format(inWords(outcome.shares));
  return say("phone.approved_what", { merchant, shares });
}
