// A certified OpenID provider (npm oidc-provider) for the tests, on this machine only. Its first argument is the folder
// it lies in, its second what it knows as JSON: {address, key, people: {login: {name, roles, selected}}}.
// It prints its issuer and serves until its standard input ends.
import { createServer } from 'node:http';
import { pathToFileURL } from 'node:url';
import { generateKeyPairSync } from 'node:crypto';

const [modules, told] = process.argv.slice(2);
const { default: Provider, interactionPolicy } = await import(pathToFileURL(`${modules}/oidc-provider/lib/index.js`));
const { address, people } = JSON.parse(told);
const LEVELS = ['AAL2_OR_AAL3_ANY', 'AAL3_ANY'];

const server = createServer();
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const issuer = `http://127.0.0.1:${server.address().port}`;

// acr_values is but a wish to this provider; CIS2 asks who is there for the level they have not reached yet.
const { base, Check } = interactionPolicy;
const policy = base();
policy.get('login').checks.add(new Check('level', 'a stronger sign-in is asked for', ({ oidc }) => {
  const wanted = oidc.params.acr_values?.split(' ') ?? [];
  const reached = wanted.length === 0 || wanted.includes(oidc.acr) || oidc.acr === 'AAL3_ANY' || oidc.result?.login;
  return reached ? Check.NO_NEED_TO_PROMPT : Check.REQUEST_PROMPT;
}));

const signing = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' });
const provider = new Provider(issuer, {
  jwks: { keys: [{ ...signing, kid: 'first', use: 'sig', alg: 'RS256' }] },
  cookies: { keys: ['a key of the tests'] },
  acrValues: LEVELS,
  scopes: ['openid', 'profile', 'nationalrbacaccess', 'selectedrole'],
  claims: {
    profile: ['name'], nationalrbacaccess: ['nhsid_nrbac_roles'], selectedrole: ['selected_roleid'],
    acr: null, auth_time: null, sid: null, iss: null,
  },
  clients: [{
    client_id: 'imaging-index',
    token_endpoint_auth_method: 'private_key_jwt',
    token_endpoint_auth_signing_alg: 'RS512',
    jwks_uri: `${address}/review/sign-in/keys`,
    redirect_uris: [`${address}/review/sign-in/callback`],
    post_logout_redirect_uris: [`${address}/review/sign-in`],
    backchannel_logout_uri: `${address}/review/sign-in/ended`,
    backchannel_logout_session_required: true,
    response_types: ['code'], grant_types: ['authorization_code'],
  }],
  enabledJWA: { clientAuthSigningAlgValues: ['RS512'] },
  pkce: { required: () => true },
  features: {
    devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: true }, backchannelLogout: { enabled: true },
  },
  fetch: (url, options) => fetch(url, { ...options, dispatcher: undefined }),  // the client is on this machine
  interactions: { policy, url: (ctx, { uid }) => `/interaction/${uid}` },
  ttl: { Interaction: 600, Session: 3600, Grant: 3600, AccessToken: 600, IdToken: 600 },
  findAccount: (ctx, id) => ({
    accountId: id,
    claims: () => ({
      sub: id, name: people[id].name, nhsid_nrbac_roles: people[id].roles, selected_roleid: people[id].selected,
    }),
  }),
  loadExistingGrant: async (ctx) => {  // staff have agreed when they were hired
    const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
    grant.addOIDCScope(ctx.oidc.params.scope);
    await grant.save();
    return grant;
  },
});

const FORM = `<!doctype html><html lang="en"><title>Provider</title><h1>Provider</h1><form method="post">
  <label>Login <input name="login"></label>
  <label>Level <select name="acr">${LEVELS.map((one) => `<option>${one}</option>`).join('')}</select></label>
  <button name="done" value="yes">Sign in</button> <button name="done" value="">Cancel</button></form>`;

async function interact(request, response) {
  if (request.method === 'GET') {
    response.setHeader('Content-Type', 'text/html').end(FORM);
    return;
  }
  let body = '';
  for await (const part of request) body += part;
  const form = new URLSearchParams(body);
  const result = form.get('done')
    ? { login: { accountId: form.get('login'), acr: form.get('acr') } }
    : { error: 'access_denied', error_description: 'cancelled' };
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
}

const serve = provider.callback();
server.on('request', (request, response) => {
  if (!request.url.startsWith('/interaction/')) serve(request, response);
  else interact(request, response).catch((error) => response.writeHead(500).end(String(error)));
});
provider.on('server_error', (ctx, error) => console.error(error));
provider.on('grant.error', (ctx, error) => console.error(error.message, error.error_detail));
process.stdin.resume().on('end', () => process.exit());
console.log(issuer);
