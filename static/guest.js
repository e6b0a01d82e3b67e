/* The guest page: says once that somebody looks, and asks for news only while they do. It works without, too. */
"use strict";

const announcer = document.getElementById("announce");
const word = () => document.getElementById("guest").dataset.status;
let told = word();

/** A tab in the background, or one that the browser prepares in advance, is not looked at. */
function opened() {
  if (document.hidden || !document.body.dataset.opened) return;
  document.removeEventListener("visibilitychange", opened);
  fetch(document.body.dataset.opened, { method: "POST" });
}

addEventListener("load", opened);
document.addEventListener("visibilitychange", opened);

document.addEventListener("htmx:beforeRequest", (event) => { if (document.hidden) event.preventDefault(); });
document.addEventListener("visibilitychange", () => { if (!document.hidden) document.getElementById("look")?.click(); });

/* Nothing new, but looked at later. */
document.addEventListener("seen", ({ detail }) => {
  const time = document.getElementById("seen");
  time.dateTime = detail.iso;
  time.textContent = detail.exact;
});

document.addEventListener("htmx:afterSwap", () => {
  if (word() !== told) announcer.textContent = told = word();
});
