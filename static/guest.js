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

/* The server fetches three pictures at a time; for those that come too late it draws one of 3 by 2. They get another
   chance after the others, one by one. */
const tries = new WeakMap();
const isDrawing = (image) => image.complete && image.naturalWidth === 3 && (tries.get(image) ?? 0) < 4;
let waiting = false;

async function askAgain() {
  if (waiting) return;
  waiting = true;
  for (let image; (image = [...document.querySelectorAll(".gallery img")].find(isDrawing)); ) {
    tries.set(image, (tries.get(image) ?? 0) + 1);
    image.src = `${image.src.split("?")[0]}?again=${tries.get(image)}`;
    await image.decode().catch(() => {});
    if (isDrawing(image)) await new Promise((resolve) => { setTimeout(resolve, 500); });
  }
  waiting = false;
}

addEventListener("load", askAgain);
document.addEventListener("load", (event) => { if (event.target.matches?.(".gallery img")) askAgain(); }, true);

document.addEventListener("htmx:afterSwap", () => {
  if (word() !== told) announcer.textContent = told = word();
});
