// The app's camera on a sticker: which to scan, and what the app says of the latest scan.
import { attempt, call } from "/pages/screen/call.js";
import { $, keep, piece } from "/pages/screen/parts.js";
import { say } from "/pages/screen/text.js";

let msisdn = "";

export function showStickers({ person, stickers, scans, merchant }) {
  msisdn = person.msisdn;
  $("#scan").hidden = person.app === "none" || (stickers.length === 0 && scans.length === 0);
  keep($("#stickers"), stickers, ({ code }) => code, sticker, change);
  keep($("#scanned"), scans.slice(0, 1), ({ id }) => id, outcome, (made, scan) => tell(made, scan, merchant));
}

function sticker({ code }) {
  const { made, part } = piece("sticker");
  part("scan").addEventListener("click", () =>
    attempt($("#scan-problem"), () => call("POST", `/sim/people/${msisdn}/scan`, { code })),
  );
  return made;
}

function change(made, { location, hangs }) {
  $("[data-part=location]", made).textContent = location;
  $("[data-part=gone]", made).hidden = hangs;
}

function outcome() {
  return piece("scan-outcome").made;
}

function tell(made, { state, location }, merchant) {
  made.dataset.state = state;
  const words = { merchant, location };
  $("[data-part=title]", made).textContent = say(`phone.scan_${state}`, words);
  $("[data-part=text]", made).textContent = say(`phone.scan_${state}_what`, words);
}
