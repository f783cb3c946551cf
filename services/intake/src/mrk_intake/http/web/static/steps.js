// The one long page as short steps. Without this script it stays one page.

export function steps(form, atTheEnd = () => {}) {
  const sections = [...form.querySelectorAll(".step")];
  const nav = document.getElementById("step-nav");
  const [back, next] = [document.getElementById("back"), document.getElementById("next")];
  const progress = document.getElementById("progress");
  const wrong = form.querySelector(".wrong[id$=-wrong]");
  let at = wrong ? sections.indexOf(wrong.closest(".step")) : 0;

  function show(step, { move = true } = {}) {
    at = Math.max(0, Math.min(step, sections.length - 1));
    sections.forEach((section, place) => { section.hidden = place !== at; });
    back.hidden = at === 0;
    next.hidden = at === sections.length - 1;
    progress.textContent = form.dataset.step
      .replace("{at}", at + 1).replace("{of}", sections.length);
    if (at === sections.length - 1) {
      check(form);
      atTheEnd();
    }
    if (move) {
      const heading = sections[at].querySelector("h2");
      heading.focus({ preventScroll: true });
      heading.scrollIntoView({ block: "start" });
    }
  }

  /** Opens the step of a field, and goes to it. */
  function goTo(field) {
    show(sections.indexOf(field.closest(".step")), { move: false });
    (field.matches("fieldset") ? field.querySelector("input") : field).focus();
  }

  next.addEventListener("click", () => {
    if (complete(form, sections[at])) show(at + 1);
  });
  back.addEventListener("click", () => show(at - 1));
  // Enter in a field means "go on", not "send what is not finished"
  form.addEventListener("keydown", (event) => {
    const typing = event.target.matches("input:not([type=radio]):not([type=checkbox]):not([type=file])");
    if (event.key !== "Enter" || !typing || at === sections.length - 1) return;
    event.preventDefault();
    next.click();
  });
  // links of the summary lead to fields that may be in a hidden step
  document.querySelectorAll("#problems a").forEach((link) => {
    link.addEventListener("click", (event) => {
      const field = document.getElementById(link.hash.slice(1));
      if (!field) return;
      event.preventDefault();
      goTo(field);
    });
  });
  nav.hidden = false;
  show(at, { move: false });
  return goTo;
}

/** Whether a step may be left: every wrong field of it is told at once, beside it. */
function complete(form, section) {
  const { text, address, kind, lat } = form.elements;
  if (!section.contains(text)) return true;
  const placeless = kind.value === "complaint" && !address.value.trim() && !lat.value;
  const found = [
    [text, text.value.trim().length < 10 ? form.dataset.short : ""],
    [address, placeless ? form.dataset.nowhere : ""],
  ];
  found.forEach(([field, message]) => tell(field, message));
  const first = found.find(([, message]) => message);
  if (first) first[0].focus();
  return !first;
}

/** What is wrong with a field, beside it; nothing where `message` is empty. */
export function tell(field, message) {
  const id = `${field.id}-wrong`;
  document.getElementById(id)?.remove();
  const described = new Set((field.getAttribute("aria-describedby") ?? "").split(" "));
  described.delete(id);
  described.delete("");
  if (message) {
    const shown = document.createElement("p");
    shown.className = "wrong";
    shown.id = id;
    shown.textContent = `▲ ${message}`;
    field.after(shown);
    described.add(id);
    field.setAttribute("aria-invalid", "true");
  } else {
    field.removeAttribute("aria-invalid");
  }
  field.setAttribute("aria-describedby", [...described].join(" "));
}

/** What is about to be sent, to be looked at once more. */
function check(form) {
  const shown = document.getElementById("check");
  const { category, anonymous, confidential } = form.elements;
  const label = (input) => input.closest("label").querySelector("b").textContent;
  const typed = (name) => [
    form.querySelector(`label[for=${name}]`).textContent, form.elements[name].value.trim(),
  ];
  const chosen = form.querySelector("[name=kind]:checked");
  const ticked = [anonymous, confidential].filter((box) => box.checked).map(label);
  const rows = [
    [form.querySelector("#kind legend").textContent, chosen ? label(chosen) : ""],
    typed("text"),
    [form.querySelector("label[for=category]").firstChild.textContent.trim(),
      category.selectedOptions[0].textContent],
    [form.querySelector("label[for=photos]")?.firstChild.textContent.trim(),
      [...form.querySelectorAll("#photo-list .file")].map((each) => each.textContent).join("\n")],
    ...["address", "name", "phone", "email"].map(typed),
    ["", ticked.join(", ")],
  ];
  shown.replaceChildren();
  for (const [name, value] of rows) {
    if (!name && !value) continue; // nothing, or a field that this form does not have
    const term = document.createElement("dt");
    const told = document.createElement("dd");
    term.textContent = name || "✓";
    told.textContent = value || form.dataset.empty;
    shown.append(term, told);
  }
  shown.hidden = false;
}
