// A link with a secret after the #, the reporter's or a follower's: prove with it, and take it out
// of the address.

export async function followLink(place) {
  const secret = decodeURIComponent(location.hash.slice(1));
  const [, number, follower] = /^\/laporan\/([^/]+)(\/ikut)?$/.exec(location.pathname) ?? [];
  if (!place || !number || !/^[\w-]{16,64}$/.test(secret)) return;
  history.replaceState(null, "", location.pathname);
  const form = new URLSearchParams({ number: decodeURIComponent(number), secret });
  const answer = await fetch(follower ? location.pathname : "/lacak", { method: "POST", body: form }).catch(() => null);
  if (answer?.ok) {
    location.replace(answer.url);
    return;
  }
  const failed = document.getElementById("proof-failed");
  failed.textContent = place.dataset.failed;
  failed.hidden = false;
}
