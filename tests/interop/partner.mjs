// A partner's identity provider: the certified npm package oidc-provider, with a sign-in page of its own.
// node partner.mjs CONFIG.json; prints a line when it listens.

import { createServer } from "node:http";
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { once } from "node:events";

const { Provider } = await import(createRequire(`${process.cwd()}/`).resolve("oidc-provider"));

const { port, client, jwks } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const issuer = `http://localhost:${port}`;
const NAMES = { maeve: "Maeve Durrant", newcomer: "Nadia Newcomer" };
const ROLES = { maeve: ["Portal View"] };

const provider = new Provider(issuer, {
  clients: [client],
  jwks,
  acrValues: ["urn:partner:two-factors"],
  claims: { openid: ["sub", "roles"], profile: ["name"], acr: null, auth_time: null, iss: null, sid: null },
  conformIdTokenClaims: false,
  cookies: { keys: ["a key for this run only"] },
  features: { devInteractions: { enabled: false }, backchannelLogout: { enabled: true } },
  // Its own way out refuses addresses of this computer, where the portal of the test is.
  fetch: (url, { dispatcher: _, ...options }) => fetch(url, options),
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, name: NAMES[id], roles: ROLES[id] ?? [] }),
  }),
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  pkce: { required: () => true },
});
for (const event of ["server_error", "authorization.error", "grant.error", "backchannel.error"]) {
  provider.on(event, (_, error) => console.error(event, error.message, error.error_description ?? ""));
}

const PAGES = {
  login: `<h1>Partner sign-in</h1><form method="post"><label>Name <input name="name"></label>
    <label><input type="checkbox" name="code" value="1"> I have typed the code from my app</label>
    <button>Sign in</button></form>`,
  consent: `<h1>Partner consent</h1><form method="post"><button>Continue to the portal</button></form>`,
};

async function interact(request, response) {
  const details = await provider.interactionDetails(request, response);
  const { prompt, params, session } = details;
  if (request.method === "GET") {
    response.setHeader("content-type", "text/html").end(`<!doctype html><title>Partner</title>${PAGES[prompt.name]}`);
    return;
  }
  let body = "";
  for await (const chunk of request) body += chunk;
  const form = new URLSearchParams(body);
  const two = form.has("code") ? { acr: "urn:partner:two-factors", amr: ["pwd", "otp", "mfa"] } : { amr: ["pwd"] };
  const result =
    prompt.name === "login"
      ? { login: { accountId: form.get("name"), ...two } }
      : { consent: { grantId: await consented(details.grantId, params, session.accountId, prompt.details) } };
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true });
}

async function consented(grantId, params, accountId, wanted) {
  const grant = grantId
    ? await provider.Grant.find(grantId)
    : new provider.Grant({ accountId, clientId: params.client_id });
  if (wanted.missingOIDCScope) grant.addOIDCScope(wanted.missingOIDCScope.join(" "));
  if (wanted.missingOIDCClaims) grant.addOIDCClaims(wanted.missingOIDCClaims);
  return grant.save();
}

const answer = provider.callback();
const server = createServer((request, response) => {
  if (request.url.startsWith("/interaction/")) {
    interact(request, response).catch((error) => response.writeHead(500).end(String(error)));
  } else {
    answer(request, response);
  }
});
server.listen(port, "127.0.0.1");
await once(server, "listening");
console.log(`listening as ${issuer}`);
