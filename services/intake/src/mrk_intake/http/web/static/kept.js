// The receipt was seen, so the phone forgets number and secret, unless the reporter wants them kept.
import { all, newKey, put, remove } from "./store.js";

export async function kept(keep) {
  if (!keep || typeof indexedDB === "undefined" || !indexedDB) return;
  const { number, secret, receipt } = keep.dataset;
  const mine = (await all()).filter((each) => each.number === number);
  await Promise.all(mine.filter((each) => !each.kept).map((each) => remove(each.key)));
  if (mine.some((each) => each.kept)) return;
  keep.hidden = false;
  keep.addEventListener("click", async () => {
    const now = Date.now();
    await put({ key: newKey(), at: now, sentAt: now, state: "sent", number, secret, receipt, kept: true });
    keep.hidden = true;
    document.getElementById("kept").textContent = keep.dataset.done;
  });
}
