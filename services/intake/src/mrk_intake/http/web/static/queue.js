// The page of what this phone keeps: what waits, what was sent, what needs a look.
import { alone, sendAll } from "./sender.js";
import { all, changed, get, put, remove } from "./store.js";

export function queue(place) {
  const texts = place.dataset;
  const empty = document.getElementById("queue-empty");
  const list = document.getElementById("queue-list");
  const said = document.getElementById("queue-said");
  const times = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
  let drawn = "";

  async function show() {
    const reports = await all();
    const now = JSON.stringify(reports, (name, value) => (name === "blob" ? undefined : value));
    if (now === drawn) return;
    drawn = now;
    const focused = document.activeElement?.closest?.("[data-key]")?.dataset.key;
    const which = document.activeElement?.dataset?.does;
    list.replaceChildren(...reports.map(card));
    empty.hidden = reports.length > 0;
    list.querySelector(`[data-key="${focused}"] [data-does="${which}"]:not([hidden])`)?.focus();
  }

  function card(report) {
    const model = document.getElementById(report.state === "sent" ? "sent-model" : "queued-model");
    const made = model.content.firstElementChild.cloneNode(true);
    made.dataset.key = report.key;
    made.dataset.state = report.state;
    made.querySelector("time").textContent = times.format(report.sentAt ?? report.at);
    made.querySelector("time").dateTime = new Date(report.sentAt ?? report.at).toISOString();
    if (report.state === "sent") sent(made, report);
    else queued(made, report);
    made.querySelectorAll("[data-does]").forEach((button) => {
      button.addEventListener("click", () => does[button.dataset.does](report));
    });
    return made;
  }

  function sent(made, report) {
    made.querySelector(".number").textContent = report.number;
    made.querySelector(".secret code").textContent = report.secret;
    made.querySelector("[data-does=forget]").setAttribute(
      "aria-label", texts.forget.replace("{number}", report.number));
  }

  function queued(made, report) {
    const words = report.fields.text.trim();
    made.querySelector(".state").textContent = texts[report.state];
    made.querySelector(".words").textContent = words.length > 140 ? `${words.slice(0, 139)}…` : words;
    const files = report.photos.length;
    const ready = report.photos.filter((photo) => photo.ready).length;
    made.querySelector(".files-told").textContent = files
      ? texts.files.replace("{ready}", ready).replace("{all}", files) : "";
    const problems = [];
    const { errors = [], notice, title, detail } = report.problem ?? {};
    errors.forEach(({ message }) => problems.push(message));
    report.photos.filter((photo) => photo.refused).forEach(({ name, refused }) => {
      problems.push(`${name}: ${refused === true ? texts.gone : refused}`);
    });
    [notice, title, detail].filter(Boolean).forEach((each) => problems.push(each));
    const shown = report.state === "look" || report.state === "held" ? problems : [];
    made.querySelector(".problems").replaceChildren(...shown.map((each) => {
      const line = document.createElement("li");
      line.textContent = each;
      return line;
    }));
    made.querySelector("[data-does=change]").hidden = Boolean(report.attempted) || report.state === "sending";
    made.querySelector(".attempted").hidden = !report.attempted;
    made.querySelector("[data-does=now]").hidden = report.state === "sending";
    made.querySelector("[data-does=drop]").hidden = report.state === "sending";
  }

  const does = {
    change: ({ key }) => { location.assign(`/#antrean=${key}`); },
    now: async ({ key }) => {
      await alone(async () => {
        const report = await get(key);
        if (report && report.state !== "sent") await put({ ...report, state: "waiting", nextAt: 0 });
      });
      await sendAll({ hurry: true });
    },
    drop: async ({ key, attempted }) => {
      if (!confirm(attempted ? texts.sureAttempted : texts.sure)) return;
      await alone(() => remove(key));
      said.textContent = texts.dropped;
    },
    forget: async ({ key }) => {
      if (!confirm(texts.sureForget)) return;
      await remove(key);
      said.textContent = texts.forgotten;
    },
    open: async ({ number, secret, receipt }) => {
      const body = new URLSearchParams({ number, secret });
      const answer = await fetch("/lacak", { method: "POST", body }).catch(() => null);
      if (answer?.ok) location.assign(receipt);
      else said.textContent = texts.noNetwork;
    },
  };

  changed(show);
  return show();
}
