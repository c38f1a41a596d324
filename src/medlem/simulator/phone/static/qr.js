// The personal QR. A tokenised one is drawn anew before it is too old, also when the clock was turned.
import { now } from "/pages/screen/news.js";
import { $, copies } from "/pages/screen/parts.js";
import { announce, say } from "/pages/screen/text.js";

const MARGIN = 4; // Modules of white around the code, as its standard asks.
const TICK = 1000;
const SPARE = 0.2; // Of its life, that a code has left when it is replaced.

let msisdn = "";
let drawn = { for: "", expires_at: null };
let renewAt = Infinity;
let fetching = false;

const kind = () => $("input[name=kind]:checked").value;

export function showCode(person) {
  msisdn = person.msisdn;
  look();
}

async function look() {
  const wanted = `${msisdn} ${kind()}`;
  if (!msisdn || fetching || document.hidden) return;
  if (drawn.for !== wanted || now() >= renewAt) await draw(wanted);
  $("#age").textContent = drawn.expires_at
    ? say("phone.qr_renews", { seconds: Math.max(0, Math.ceil(renewAt - now())) })
    : say("phone.qr_never_ages");
}

async function draw(wanted) {
  fetching = true;
  try {
    const answer = await fetch(`/phone/${msisdn}/code?kind=${kind()}`);
    if (answer.ok) put(await answer.json(), wanted);
  } catch {
    // The simulator is being started again; the next look asks once more.
  } finally {
    fetching = false;
  }
}

function put(code, wanted) {
  drawn = { for: wanted, expires_at: code.expires_at };
  renewAt = code.expires_at ? code.expires_at - (code.expires_at - now()) * SPARE : Infinity;
  const size = code.size + 2 * MARGIN;
  const picture = $("#picture");
  picture.setAttribute("viewBox", `${-MARGIN} ${-MARGIN} ${size} ${size}`);
  const ground = $("rect", picture);
  for (const side of ["x", "y"]) ground.setAttribute(side, -MARGIN);
  $("path", picture).setAttribute("d", code.path);
  $("#content").textContent = code.content;
}

copies($("#copy"), $("#content"), () => announce(say("phone.copied")));
$(".kinds").addEventListener("change", look);
setInterval(look, TICK);
