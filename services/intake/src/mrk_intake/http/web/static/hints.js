// From the words as they are typed: call for help at once, and a category to take or leave.
import { ask, settled } from "./ask.js";

const WORTH_ASKING = 4;

export function hints(form) {
  const text = form.elements.text;
  const category = form.elements.category;
  const shown = document.getElementById("suggestion");
  const emergency = document.getElementById("emergency");

  function suggest(found) {
    shown.replaceChildren();
    if (!found || category.value === found.code) return;
    const use = document.createElement("button");
    use.type = "button";
    use.className = "quiet";
    use.textContent = shown.dataset.use;
    use.addEventListener("click", () => {
      category.value = found.code;
      shown.replaceChildren();
      category.focus();
    });
    const words = document.createElement("span");
    words.textContent = shown.dataset.text.replace("{category}", found.name);
    shown.append(words, use);
  }

  const read = settled(async (signal) => {
    if (text.value.trim().length < WORTH_ASKING) {
      suggest(null);
      emergency.hidden = true;
      return;
    }
    const found = await ask("/bantu/kategori", { text: text.value }, signal);
    if (!found || signal.aborted) return;
    emergency.hidden = !found.emergency;
    suggest(found.category);
  });
  text.addEventListener("input", read);
  category.addEventListener("change", () => shown.replaceChildren());
  if (text.value) read();
}
