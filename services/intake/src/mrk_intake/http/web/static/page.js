// What every page has; each part stays quiet where its elements are not.
import { followLink } from "./link.js";
import { copyLink } from "./copy.js";
import { kept } from "./kept.js";
import { steps } from "./steps.js";
import { twins } from "./twins.js";
import { hints } from "./hints.js";
import { offline } from "./offline.js";
import { photos } from "./photos.js";
import { places } from "./places.js";
import { attended, submitting } from "./submit.js";

const problems = document.getElementById("problems");
if (problems) problems.focus();

const form = document.getElementById("report");
if (form) {
  const goTo = steps(form, twins(form));
  hints(form);
  const place = places(form);
  if (form.dataset.challenge) import("./prove.js").then(({ prove }) => prove(form));
  const sends = "attended" in form.dataset ? attended : submitting;
  if (document.getElementById("photos")) sends(form, photos(form, place), goTo);
}
const waiting = document.getElementById("queue");
if (waiting) {
  const { queue } = await import("./queue.js");
  await queue(waiting);
}
followLink(document.getElementById("proof"));
copyLink(document.getElementById("copy"));
const overview = document.getElementById("overview-box");
if (overview) import("./browse.js").then(({ browse }) => browse(overview));
await kept(document.getElementById("keep"));
const banner = document.getElementById("queue-banner");
if (banner) await offline(banner); // the pages for staff have none, and keep nothing
