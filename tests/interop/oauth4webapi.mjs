// The npm package oauth4webapi by itself, with one algorithm throughout. node oauth4webapi.mjs CONFIG.json

import { check, decided, done, json, keyFrom, load, query, told } from "./talking.mjs";

const oauth = await load("oauth4webapi");
const { url, id, key, back, scope, algorithm } = told;
const client = { client_id: id };
const prove = oauth.PrivateKeyJwt(await keyFrom(key));
const plain = { [oauth.allowInsecureRequests]: true };
const fresh = async () => ({ DPoP: oauth.DPoP(client, await oauth.generateKeyPair(algorithm)), ...plain });
const [mine, another] = [await fresh(), await fresh()];

const issuer = new URL(url);
const server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, plain));

async function push(changes = {}) {
  const [verifier, state, nonce] = [
    oauth.generateRandomCodeVerifier(),
    oauth.generateRandomState(),
    oauth.generateRandomNonce(),
  ];
  const asked = {
    response_type: "code",
    redirect_uri: back,
    scope,
    state,
    nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    ...changes,
  };
  const answer = await oauth.pushedAuthorizationRequest(server, client, prove, asked, mine);
  const { request_uri } = await oauth.processPushedAuthorizationResponse(server, client, answer);
  const address = new URL(server.authorization_endpoint);
  address.search = new URLSearchParams({ client_id: id, request_uri });
  return { address, verifier, state, nonce };
}

async function redeem(came, { verifier, state, nonce }, how = mine) {
  const back_with = oauth.validateAuthResponse(server, client, came, state);
  const answer = await oauth.authorizationCodeGrantRequest(server, client, prove, back_with, back, verifier, how);
  const given = await oauth.processAuthorizationCodeResponse(server, client, answer, {
    expectedNonce: nonce,
    requireIdToken: true,
  });
  await oauth.validateApplicationLevelSignature(server, answer, plain);
  return given;
}

async function ask(token, how = mine) {
  const place = new URL("/graphql", url);
  const answer = await oauth.protectedResourceRequest(token, "POST", place, json(), query, how);
  return (await answer.json()).data.me;
}

async function refresh(token) {
  const answer = await oauth.refreshTokenGrantRequest(server, client, prove, token, mine);
  return oauth.processRefreshTokenResponse(server, client, answer);
}

async function giveBack(token) {
  await oauth.processRevocationResponse(await oauth.revocationRequest(server, client, prove, token, plain));
}

const asked = await push();
const came = await decided(asked.address);
const given = await redeem(came, asked);
const { sub } = oauth.getValidatedIdTokenClaims(given);

await check("the kind of token", () => given.token_type);
await check("a query", () => ask(given.access_token));
await check("userinfo", async () => {
  const answer = await oauth.userInfoRequest(server, client, given.access_token, mine);
  return oauth.processUserInfoResponse(server, client, sub, answer);
});
await check("a query after a refresh", async () => ask((await refresh(given.refresh_token)).access_token));
await check("a query with another key", () => ask(given.access_token, another));
await check("no challenge method", () => push({ code_challenge_method: "plain" }));
await check("the person says no", async () => {
  const refused = await push();
  return redeem(await decided(refused.address, "no"), refused);
});
await check("another key redeems", async () => {
  const bound = await push();
  return redeem(await decided(bound.address), bound, another);
});
await giveBack(given.refresh_token);
await check("a query after all was given back", () => ask(given.access_token));
await check("a refresh after all was given back", () => refresh(given.refresh_token));

const second = await push();
const twice = await decided(second.address);
const short = await redeem(twice, second);
await check("a code twice", () => redeem(twice, second));
await check("a query with what the code gave first", () => ask(short.access_token));
done();
