// Finds the number for which the SHA-256 of salt and number is the challenge (ALTCHA's protocol).

const TOGETHER = 256;
const encoder = new TextEncoder();

const hex = (buffer) =>
  Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");

async function fits({ salt, challenge }, number) {
  const digest = await crypto.subtle.digest("SHA-256", encoder.encode(`${salt}${number}`));
  return hex(digest) === challenge;
}

async function solve(given) {
  for (let start = 0; start <= given.maxnumber; start += TOGETHER) {
    const numbers = Array.from({ length: TOGETHER }, (_, at) => start + at);
    const found = await Promise.all(numbers.map((number) => fits(given, number)));
    const at = found.indexOf(true);
    if (at >= 0) return start + at;
  }
  throw new Error("no number solves it");
}

/** What the server is sent for a challenge: the number that solves it, with what was given. */
export async function solution(given) {
  const { algorithm, challenge, salt, signature } = given;
  const number = await solve(given);
  return btoa(JSON.stringify({ algorithm, challenge, number, salt, signature }));
}
