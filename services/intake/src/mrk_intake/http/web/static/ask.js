// Questions to our own server. What was typed travels in the body, never in an address.

/** The answer to a question; null where there is none, so that the form goes on without it. */
export async function ask(path, question, signal) {
  try {
    const answer = await fetch(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(question),
      signal,
    });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

/** Calls `then` once nothing was typed for a while; a newer call takes the place of the older. */
export function settled(then, pauseMs = 350) {
  let timer;
  let running = new AbortController();
  return () => {
    clearTimeout(timer);
    running.abort();
    running = new AbortController();
    const { signal } = running;
    timer = setTimeout(() => then(signal), pauseMs);
  };
}
