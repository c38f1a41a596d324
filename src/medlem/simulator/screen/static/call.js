// Calls the simulator's control API.
import { say } from "./text.js";

export class Refused extends Error {}

export async function call(method, path, body) {
  let answer;
  try {
    answer = await fetch(path, {
      method,
      headers: body === undefined ? {} : { "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new Refused(say("call.no_answer"));
  }
  if (answer.status === 204) return null;
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused(said.detail ? `${said.title}. ${said.detail}` : say("call.refused"));
  return said;
}

// Does something and shows in `place` why it could not be done; answers whether it was.
export async function attempt(place, action) {
  place.hidden = true;
  try {
    await action();
    return true;
  } catch (problem) {
    if (!(problem instanceof Refused)) throw problem;
    place.textContent = problem.message;
    place.hidden = false;
    return false;
  }
}
