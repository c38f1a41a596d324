/**
 * npm's oidc-provider with two clients, of which one polls and one is pinged. Nothing of it is ours but these settings
 * and `/peer/…`, the thumb on the phone. Settings come as JSON on standard input, its port goes to standard output.
 */
import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
import Provider, { errors } from 'oidc-provider';

const { issuer, notify, secret, keys } = JSON.parse(readFileSync(0, 'utf8'));
const ciba = 'urn:openid:params:grant-type:ciba';
const client = { client_secret: secret, grant_types: [ciba], redirect_uris: [], response_types: [] };
/** The newest request of each phone. */
const requests = new Map();

const provider = new Provider(issuer, {
  clients: [
    { ...client, client_id: 'client-0', backchannel_token_delivery_mode: 'poll' },
    {
      ...client,
      client_id: 'client-1',
      backchannel_token_delivery_mode: 'ping',
      backchannel_client_notification_endpoint: 'https://club.example/hooks/ciba/client-1',
    },
  ],
  jwks: { keys },
  claims: { openid: ['sub'], profile: ['name'] },
  conformIdTokenClaims: false,
  features: {
    devInteractions: { enabled: false },
    ciba: {
      enabled: true,
      deliveryModes: ['poll', 'ping'],
      processLoginHint: (_, hint) => /^tel:\+(\d+)$/.exec(hint)?.[1],
      verifyUserCode() {},
      validateRequestContext() {},
      validateBindingMessage() {},
      triggerAuthenticationDevice: (_, request, account) => void requests.set(account.accountId, request.jti),
    },
  },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, name: 'Kari Nordmann' }) }),
  // Its pings go to https alone; here they go to whoever watches the two.
  fetch: (_, { method, headers, body, redirect }) => globalThis.fetch(notify, { method, headers, body, redirect }),
});

/** @param {string} phone @param {boolean} yes */
async function press(phone, yes) {
  const request = await provider.BackchannelAuthenticationRequest.find(requests.get(phone));
  if (!yes) return provider.backchannelResult(request, new errors.AccessDenied('the customer said no'));
  const grant = new provider.Grant({ accountId: phone, clientId: request.clientId });
  grant.addOIDCScope('openid profile');
  await grant.save();
  return provider.backchannelResult(request, grant, { authTime: Math.floor(Date.now() / 1000) });
}

const standard = provider.callback();
const server = createServer((request, response) => {
  const thumb = /^\/peer\/(\d+)\/(yes|no)$/.exec(request.url ?? '');
  if (!thumb) return standard(request, response);
  return press(thumb[1], thumb[2] === 'yes').then(
    () => response.writeHead(204).end(),
    (error) => response.writeHead(500).end(`${error} ${error.cause ?? ''}`),
  );
});
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: server.address().port })));
