// What pages do without being asked: they renew lists, and take one key for one decision.
const EVERY_MS = 15000;
const box = document.getElementById("live");
const news = document.getElementById("news");
const heard = document.createElement("p");
heard.className = "heard";
heard.setAttribute("role", "status");
document.body.append(heard);

const typing = (element) =>
  element instanceof HTMLElement && (element.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName));

async function renew(current) {
  const told = await fetch(`/perubahan?daftar=${current.dataset.list}`, { headers: { accept: "application/json" }, redirect: "error" });
  if (!told.ok) return;
  const { mark } = await told.json();
  if (mark === current.dataset.mark) return;
  // no case changes under the eyes of who decides it, and nobody's choice is taken away: it is told
  if (current.dataset.quiet || current.querySelector("input:checked")) {
    if (news.hidden) heard.textContent = news.textContent;
    news.hidden = false;
    return;
  }
  const page = await fetch(location.href, { redirect: "error" });
  if (!page.ok) return;
  const fresh = new DOMParser().parseFromString(await page.text(), "text/html").getElementById("live");
  if (!fresh) return;
  const focused = document.activeElement?.getAttribute?.("href");
  current.replaceChildren(...fresh.childNodes);
  for (const name of ["mark", "quiet"]) {
    if (name in fresh.dataset) current.dataset[name] = fresh.dataset[name];
    else delete current.dataset[name];
  }
  prepare();
  if (focused) current.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
  heard.textContent = current.dataset.told;
}

function prepare() {
  for (const button of document.querySelectorAll("[data-all]")) {
    button.hidden = false;
    button.onclick = () => {
      for (const each of document.querySelectorAll("input[name=nomor]")) each.checked = true;
    };
  }
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  const key = event.key.toLowerCase();
  const found = [...document.querySelectorAll("[data-key]")].find((each) => each.dataset.key === key && !each.closest("[hidden]"));
  if (!found) return;
  event.preventDefault();
  if (found.matches("select, input, textarea")) found.focus();
  else found.click();
  if (found.matches("summary")) found.parentElement.querySelector("input:not([type=hidden]), select, textarea")?.focus();
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !event.target.matches?.("select[data-key]")) return;
  event.preventDefault();
  event.target.form.requestSubmit();
});

prepare();
document.getElementById("problems")?.focus();
// a network that is away is no news: the next look asks again
if (box) setInterval(() => { if (!document.hidden) renew(box).catch((error) => console.info(error.message)); }, EVERY_MS);
