// Runs the GraphQL-over-HTTP audits of graphql-http against a server and prints what each found.
// node audit.mjs URL [PRIVATE_JWK_FILE]; with a key, the token is read from AUDIT_TOKEN and every
// request is signed with a DPoP proof (RFC 9449).
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';

const { serverAudits } = createRequire(`${process.cwd()}/`)('graphql-http');
const [url, keyFile] = process.argv.slice(2);

const ALGORITHMS = {
  'P-256': ['ES256', { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }],
  Ed25519: ['EdDSA', { name: 'Ed25519' }],
};

const encode = (value) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

async function signer(jwk, token) {
  const [alg, algorithm] = ALGORITHMS[jwk.crv];
  const { kty, crv, x, y } = jwk;
  const header = { typ: 'dpop+jwt', alg, jwk: { kty, crv, x, ...(y && { y }) } };
  const secret = { kty, crv, x, ...(y && { y }), d: jwk.d };
  const key = await crypto.subtle.importKey('jwk', secret, algorithm, false, ['sign']);
  const digest = await crypto.subtle.digest('SHA-256', Buffer.from(token));
  const ath = Buffer.from(digest).toString('base64url');
  return async (method, target, nonce) => {
    const { origin, pathname } = new URL(target);
    const claims = {
      jti: crypto.randomUUID(),
      htm: method,
      htu: origin + pathname,
      iat: Math.floor(Date.now() / 1000),
      ath,
      ...(nonce && { nonce }),
    };
    const text = `${encode(header)}.${encode(claims)}`;
    const signature = await crypto.subtle.sign(algorithm, key, Buffer.from(text));
    return `${text}.${Buffer.from(signature).toString('base64url')}`;
  };
}

async function signedFetch(token) {
  const sign = await signer(JSON.parse(readFileSync(keyFile, 'utf8')), token);
  const send = async (target, init, nonce) =>
    fetch(target, {
      ...init,
      headers: {
        ...init.headers,
        authorization: `DPoP ${token}`,
        dpop: await sign(init.method ?? 'GET', target, nonce),
      },
    });
  return async (target, init = {}) => {
    const answer = await send(target, init);
    const nonce = answer.headers.get('dpop-nonce');
    return answer.status === 401 && nonce ? send(target, init, nonce) : answer;
  };
}

const fetchFn = keyFile ? await signedFetch(process.env.AUDIT_TOKEN) : fetch;
const results = [];
for (const { fn } of serverAudits({ url, fetchFn })) {
  const { id, name, status, reason } = await fn();
  results.push({ id, name, status, ...(reason && { reason }) });
}
console.log(JSON.stringify(results, null, 2));
