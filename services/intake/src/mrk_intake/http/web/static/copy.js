// A button that copies the link with number and secret.

export function copyLink(button) {
  if (!button || !navigator.clipboard) return;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById("link").href);
    document.getElementById("copied").textContent = button.dataset.done;
  });
}
