// The certified npm package openid-client, as it is, through the whole of FAPI 2.0; and what it hears
// when it asks for something wrong. node openid_client.mjs CONFIG.json

import { check, decided, done, json, keyFrom, load, query, told } from "./talking.mjs";

const client = await load("openid-client");
const { url, id, key, back, scope } = told;
const signing = await keyFrom(key);
const local = { execute: [client.allowInsecureRequests] };

async function configured(prove) {
  const config = await client.discovery(new URL(url), id, { id_token_signed_response_alg: "ES256" }, prove, local);
  client.enableNonRepudiationChecks(config);
  return config;
}

const config = await configured(client.PrivateKeyJwt(signing));
const pair = await client.randomDPoPKeyPair("ES256");
const proofs = (change) =>
  client.getDPoPHandle(config, pair, change && { [client.modifyAssertion]: (_, claims) => change(claims) });
const DPoP = proofs();
const others = client.getDPoPHandle(config, await client.randomDPoPKeyPair("ES256"));

async function begin(changes = {}, as = config) {
  const pkceCodeVerifier = client.randomPKCECodeVerifier();
  const [expectedState, expectedNonce] = [client.randomState(), client.randomNonce()];
  const asked = {
    redirect_uri: back,
    scope,
    state: expectedState,
    nonce: expectedNonce,
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: "S256",
    ...changes,
  };
  const sent = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== null));
  const address = await client.buildAuthorizationUrlWithPAR(as, sent, { DPoP });
  return { address, checks: { pkceCodeVerifier, expectedState, expectedNonce } };
}

const redeem = (came, checks, proof = DPoP) => client.authorizationCodeGrant(config, came, checks, {}, { DPoP: proof });

async function tokens(changes) {
  const { address, checks } = await begin(changes);
  return redeem(await decided(address), checks);
}

async function ask(token, proof = DPoP) {
  const place = new URL("/graphql", url);
  const answer = await client.fetchProtectedResource(config, token, place, "POST", query, json(), { DPoP: proof });
  return (await answer.json()).data.me;
}

const given = await tokens({ max_age: "600", acr_values: "mfa" });
const claims = given.claims();

await check("the kind of token", () => given.token_type);
await check("the scopes", () => given.scope);
await check("how the person was known", () => claims.acr);
await check("a query", () => ask(given.access_token));
await check("userinfo", () => client.fetchUserInfo(config, given.access_token, claims.sub, { DPoP }));

const refreshed = await client.refreshTokenGrant(config, given.refresh_token, { scope: "openid" }, { DPoP });
await check("fewer scopes with a refresh", () => refreshed.scope);
await check("the refresh token stays", () => (refreshed.refresh_token ?? given.refresh_token) === given.refresh_token);
await check("the same refresh token again", async () => {
  const again = await client.refreshTokenGrant(config, given.refresh_token, {}, { DPoP });
  return ask(again.access_token);
});

await check("a query with another key", () => ask(given.access_token, others));
await check("a proof for another address", () =>
  ask(given.access_token, proofs((claims) => (claims.htu = `${url}/elsewhere`))));
await check("a proof for another method", () => ask(given.access_token, proofs((claims) => (claims.htm = "PUT"))));
await check("a proof of an hour ago", () => ask(given.access_token, proofs((claims) => (claims.iat -= 3600))));
await check("a proof for another token", () => ask(given.access_token, proofs((claims) => (claims.ath = claims.jti))));
const same = proofs((claims) => (claims.jti = "the same every time"));
await check("a proof's first use", () => ask(given.access_token, same));
await check("a proof's second use", () => ask(given.access_token, same));

await check("no challenge", () => begin({ code_challenge: null, code_challenge_method: null }));
await check("a plain challenge", () => begin({ code_challenge_method: "plain" }));
await check("another address", () => begin({ redirect_uri: "https://elsewhere.example/" }));
await check("a scope it was not given", () => begin({ scope: "openid audit:read" }));
await check("a token by way of the browser", () => begin({ response_type: "token" }));
await check("a request in a request", () => begin({ request_uri: "urn:ietf:params:oauth:request_uri:x" }));
await check("as itself", () => client.clientCredentialsGrant(config, {}, { DPoP }));

const { privateKey } = await client.randomDPoPKeyPair("ES256");
const stranger = await configured(client.PrivateKeyJwt(privateKey));
await check("a key nobody registered", () => begin({}, stranger));
const audience = (aud) =>
  configured(client.PrivateKeyJwt(signing, { [client.modifyAssertion]: (_, claims) => (claims.aud = aud) }));
for (const [name, aud] of [["the token endpoint", `${url}/oauth/token`], ["a list", [url]]]) {
  const wrong = await audience(aud);
  await check(`a statement for ${name}`, () => begin({}, wrong));
}

await check("the person says no", async () => {
  const { address, checks } = await begin();
  return redeem(await decided(address, "no"), checks);
});
await check("a wrong verifier", async () => {
  const { address, checks } = await begin();
  return redeem(await decided(address), { ...checks, pkceCodeVerifier: client.randomPKCECodeVerifier() });
});
await check("another key redeems", async () => {
  const { address, checks } = await begin();
  return redeem(await decided(address), checks, others);
});
await check("no proof", async () => {
  const { address, checks } = await begin();
  return client.authorizationCodeGrant(config, await decided(address), checks);
});
await check("a code twice", async () => {
  const { address, checks } = await begin();
  const came = await decided(address);
  await redeem(came, checks);
  return redeem(came, checks);
});

const last = await client.refreshTokenGrant(config, given.refresh_token, {}, { DPoP });
await client.tokenRevocation(config, last.access_token);
await check("a query after the token was given back", () => ask(last.access_token));
await client.tokenRevocation(config, given.refresh_token);
await check("a refresh after all was given back", () =>
  client.refreshTokenGrant(config, given.refresh_token, {}, { DPoP }));
await check("a query after all was given back", () => ask(given.access_token));
done();
