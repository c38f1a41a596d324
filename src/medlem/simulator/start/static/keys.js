// The keys of the sales unit, to be copied into a client's settings.
import { $, copies, keep, piece } from "/pages/screen/parts.js";
import { announce, say } from "/pages/screen/text.js";

export function showKeys(credentials) {
  keep($("#keys"), Object.entries(credentials), ([name, value]) => `${name} ${value}`, line);
}

function line([name, value]) {
  const { made, part } = piece("key");
  part("name").textContent = name;
  part("value").textContent = value;
  part("copy").setAttribute("aria-label", say("start.copy_what", { what: name }));
  copies(part("copy"), part("value"), () => announce(say("start.copied", { what: name })));
  return made;
}
