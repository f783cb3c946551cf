// Solves a challenge beside the page, which stays as quick as it was.
import { solution } from "./sum.js";

self.addEventListener("message", async ({ data }) => {
  try {
    self.postMessage(await solution(data));
  } catch (error) {
    setTimeout(() => { throw error; });  // the page hears of it as the worker's error
  }
});
