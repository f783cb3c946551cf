// What every page has; each part stays quiet where its elements are not.
import { followLink } from "./link.js";
import { copyLink } from "./copy.js";
import { steps } from "./steps.js";
import { twins } from "./twins.js";
import { hints } from "./hints.js";
import { places } from "./places.js";

const problems = document.getElementById("problems");
if (problems) problems.focus();

const form = document.getElementById("report");
if (form) {
  steps(form, twins(form));
  hints(form);
  places(form);
}
followLink(document.getElementById("proof"));
copyLink(document.getElementById("copy"));
const overview = document.getElementById("overview-box");
if (overview) import("./browse.js").then(({ browse }) => browse(overview));
