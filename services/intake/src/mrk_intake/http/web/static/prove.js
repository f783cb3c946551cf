// Near a limit this device works a little before its report is taken; nobody is asked anything.
// The work is done beside the page; when it cannot be, the page still says how long to wait.

export function prove(form) {
  const worker = new Worker(new URL("solve.js", import.meta.url), { type: "module" });
  worker.addEventListener("message", ({ data }) => {
    form.elements.solusi.value = data;
    form.submit();
  });
  worker.addEventListener("error", () => show(false));
  show(true);
  worker.postMessage(JSON.parse(form.dataset.challenge));
}

function show(proving) {
  document.getElementById("proving").hidden = !proving;
  document.getElementById("wait").hidden = proving;
}
