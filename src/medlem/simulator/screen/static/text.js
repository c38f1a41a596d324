// The texts of the page's language, by their keys; `{name}` in a text is filled in.
export const language = document.documentElement.lang;

const texts = await (await fetch(`/pages/text/${language}.json`)).json();

export function say(key, values = {}) {
  const text = texts[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (gap, name) => values[name] ?? gap);
}

export const knows = (key) => key in texts;

// The demo's own people have their stories in every language; whatever somebody typed stays as it is.
export const story = (text) => texts[`story.${text}`] ?? text;

// "+47 400 00 001": Norwegian numbers in their usual groups, others in threes.
export function spaced(msisdn) {
  const code = msisdn.startsWith("299") || msisdn.startsWith("358") ? msisdn.slice(0, 3) : msisdn.slice(0, 2);
  const rest = msisdn.slice(code.length);
  const groups = code === "47" && rest.length === 8 ? rest.match(/^(...)(..)(...)$/).slice(1) : rest.match(/.{1,3}/g);
  return `+${code} ${groups.join(" ")}`;
}

const form = { en: "en-GB" }[language] ?? language; // How dates are written; a day has 24 hours here.
const times = new Intl.DateTimeFormat(form, { timeStyle: "short" });
const moments = new Intl.DateTimeFormat(form, { dateStyle: "medium", timeStyle: "medium" });
export const timeOf = (seconds) => times.format(seconds * 1000);
export const momentOf = (seconds) => moments.format(seconds * 1000);

export function announce(text) {
  const said = document.getElementById("said");
  said.textContent = "";
  // A reader notices a change only of a region that was seen empty.
  requestAnimationFrame(() => (said.textContent = text));
}

for (const button of document.querySelectorAll("button[data-language]")) {
  button.addEventListener("click", () => {
    document.cookie = `simulator_language=${button.dataset.language}; Path=/; SameSite=Strict; Max-Age=31536000`;
    location.reload();
  });
}
