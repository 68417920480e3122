// How a foreign client and the test talk: a line of JSON for each check, and one for each time that a
// browser has to go somewhere, which the test answers with the address that it came back to.

import { createInterface } from "node:readline";
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

export const told = JSON.parse(readFileSync(process.argv[2], "utf8"));
export const load = async (name) => import(createRequire(`${process.cwd()}/`).resolve(name));

const reader = createInterface({ input: process.stdin });
const lines = reader[Symbol.asyncIterator]();
const tell = (line) => console.log(JSON.stringify(line));

export async function decided(address, decision = "yes") {
  tell({ go: String(address), decision });
  return new URL((await lines.next()).value);
}

// Nothing more will be asked: Node may end.
export function done() {
  reader.close();
  process.stdin.destroy();
}

// The error of the standard, wherever the client keeps it; else the client's own complaint.
function complaint(error) {
  const challenge = Array.isArray(error.cause) ? error.cause[0].parameters.error : undefined;
  return error.error ?? challenge ?? `${error.code ?? error.name}: ${error.message}`;
}

export async function check(name, work) {
  try {
    tell({ name, said: await work() });
  } catch (error) {
    tell({ name, said: complaint(error) });
  }
}

export async function keyFrom(jwk) {
  const kinds = {
    EC: { name: "ECDSA", namedCurve: "P-256" },
    RSA: { name: "RSA-PSS", hash: "SHA-256" },
    OKP: { name: "Ed25519" },
  };
  return crypto.subtle.importKey("jwk", jwk, kinds[jwk.kty], false, ["sign"]);
}

export const query = JSON.stringify({ query: "{ me { name agency { shortName } } }" });
export const json = () => new Headers({ "content-type": "application/json" });
