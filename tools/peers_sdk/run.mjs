// The platform vendor's own SDK, unchanged, against the simulator. Usage: node run.mjs URL
//
// The SDK knows the platform's hosts only, so what it sends is turned to the simulator on its way out: the same
// method, path, headers and body.
import assert from "node:assert/strict";
import { Client } from "@vippsmobilepay/sdk";

const [simulator] = process.argv.slice(2);
const outside = globalThis.fetch;
const sent = [];
globalThis.fetch = async (request) => {
  const { pathname, search } = new URL(request.url);
  const reply = await outside(new Request(simulator + pathname + search, request));
  sent.push(`${request.method} ${pathname} ${reply.status}`);
  return reply;
};

const keys = await (await outside(`${simulator}/sim/credentials`)).json();
const client = Client({
  merchantSerialNumber: keys.msn,
  subscriptionKey: keys.subscription_key,
  useTestMode: true,
  retryRequests: false,
  systemName: "medlem",
  systemVersion: "1",
  pluginName: "medlem-peers",
  pluginVersion: "1",
});
const PING = "login.merchant-initiated.ping.v1";
const HOOK = "https://club.example.com/hooks/peers";
let token = "";
let registered;

const steps = {
  "an access token": async () => {
    const reply = await client.auth.getToken(keys.client_id, keys.client_secret);
    assert.ok(reply.ok, JSON.stringify(reply));
    assert.equal(reply.data.token_type, "Bearer");
    assert.match(reply.data.expires_in, /^\d+$/);
    assert.match(reply.data.expires_on, /^\d+$/);
    token = reply.data.access_token;
    assert.ok(token.length > 1000);
  },
  "a wrong secret": async () => {
    const reply = await client.auth.getToken(keys.client_id, "another");
    assert.equal(reply.ok, false);
    assert.equal(reply.error.error, "invalid_client");
  },
  "a registration": async () => {
    const reply = await client.webhook.register(token, { url: HOOK, events: [PING] });
    assert.ok(reply.ok, JSON.stringify(reply));
    assert.deepEqual(Object.keys(reply.data).sort(), ["id", "secret"]);
    assert.equal(sent.at(-1), "POST /webhooks/v1/webhooks 201");
    registered = reply.data.id;
  },
  "a registration that is refused": async () => {
    const reply = await client.webhook.register(token, { url: "nowhere", events: [PING] });
    assert.equal(reply.ok, false);
    assert.equal(reply.error.status, 400);
    assert.equal(reply.error.extraDetails[0].name, "url");
  },
  "the list of registrations": async () => {
    const reply = await client.webhook.list(token);
    assert.ok(reply.ok, JSON.stringify(reply));
    assert.deepEqual(reply.data.webhooks, [{ id: registered, url: HOOK, events: [PING] }]);
  },
  "a registration given up": async () => {
    const reply = await client.webhook.delete(token, registered);
    assert.deepEqual(reply, { ok: true, data: {} });
    assert.equal(sent.at(-1), `DELETE /webhooks/v1/webhooks/${registered} 204`);
    assert.deepEqual((await client.webhook.list(token)).data.webhooks, []);
  },
  "a token that is worn out": async () => {
    const reply = await client.webhook.list("worn-out");
    assert.equal(reply.ok, false);
    assert.equal(sent.at(-1), "GET /webhooks/v1/webhooks 401");
  },
};

let failed = 0;
for (const [name, step] of Object.entries(steps)) {
  try {
    await step();
    console.log(`ok      ${name}`);
  } catch (wrong) {
    failed += 1;
    console.log(`FAILED  ${name}\n        ${String(wrong.message).split("\n").join("\n        ")}`);
  }
}
console.log(`${Object.keys(steps).length - failed} passed, ${failed} failed`);
process.exitCode = failed ? 1 : 0;
