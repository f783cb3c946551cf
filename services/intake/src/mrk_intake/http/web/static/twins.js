// In the last step: open reports of the same thing nearby. It helps and never hinders: without an
// answer the report is sent as it is, and the server looks once more.

export function twins(form) {
  const place = document.getElementById("twins");
  if (!place) return undefined; // the form of staff: nobody there could follow one
  const looked = document.getElementById("looked");
  let asked = "";

  return async function look() {
    const { kind, text, category, address, lat, lon, confidential } = form.elements;
    const written = JSON.stringify({
      text: text.value.slice(0, 4000),
      category: category.value,
      address: address.value.slice(0, 300),
      ...(lat.value && lon.value && { point: { lat: Number(lat.value), lon: Number(lon.value) } }),
    });
    if (kind.value !== "complaint" || confidential.checked) {
      asked = "";
      place.replaceChildren();
      return;
    }
    if (written === asked) return;
    asked = written;
    looked.value = "";
    place.replaceChildren();
    const found = await fetch("/bantu/serupa", {
      method: "POST", headers: { "content-type": "application/json" }, body: written,
    }).then((answer) => (answer.ok ? answer.text() : null)).catch(() => null);
    if (found === null || asked !== written) return;
    place.replaceChildren(...new DOMParser().parseFromString(found, "text/html").body.childNodes);
    looked.value = "1"; // they were seen: the report is sent at once
  };
}
