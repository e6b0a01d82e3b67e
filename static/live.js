/* Live status (features 4.7): when a page asks for news, what of them may be put in, and how old what it shows is. */
"use strict";
{
  const WHILE_HIDDEN = 60_000, AFTER_FAILURE = 15_000; // ms
  const EARLY = 0.85; // of an interval: htmx keeps its own time, a little shorter or longer
  const PAUSED = "paused";

  const poll = () => document.getElementById("poll");
  const asof = () => document.getElementById("asof");
  const paused = () => localStorage.getItem(PAUSED) === "yes";

  /* Asking ------------------------------------------------------------------------------------------------------------- */

  let asked = 0;
  let wait = 0;

  const due = () => !paused() && Date.now() >= asked + (document.hidden ? Math.max(wait, WHILE_HIDDEN) : wait);

  /** What waits to be put in counts as shown: it need not be sent once more. */
  const version = (part) => (queue.get(part.id) ?? part).dataset.live ?? 0;

  /** Ask with the versions that the page shows by now: a rename, for one, brings its own. */
  function ask(event) {
    if (!due()) {
      event.preventDefault();
      return;
    }
    const parts = [...document.querySelectorAll("[data-live], .list__row[id]:has(.name__note)")]; // not confirmed by now
    const address = new URL(event.detail.path, location.href);
    const isList = address.searchParams.has("rows");
    if (isList) address.searchParams.set("rows", parts.map((row) => `${row.id.replace("order-", "")}.${version(row)}`).join());
    else address.searchParams.set("v", Math.min(...parts.map((part) => Number(version(part)))));
    event.detail.path = address.pathname + address.search;
    asked = Date.now();
  }

  function fail() {
    wait = AFTER_FAILURE;
    if (asof()) asof().querySelector("[data-why]").textContent = asof().dataset.unreachable;
  }

  /* Nobody has asked for it by hand, so a poll that fails must not speak up, nor any hide what was said of something else. */
  const POLLS = {
    "htmx:configRequest": ask,
    "htmx:beforeRequest": () => {},
    "htmx:sendError": fail,
    "htmx:timeout": fail,
    "htmx:responseError": fail,
  };
  for (const [name, handle] of Object.entries(POLLS)) {
    addEventListener(name, (event) => {
      if (event.target.id !== "poll") return;
      event.stopPropagation();
      handle(event);
    }, true);
  }

  /* Each answer says how often to ask from now on; null: there is nothing to wait for. */
  document.addEventListener("live", ({ detail }) => {
    wait = (detail.every ?? Infinity) * 1000 * EARLY;
    look(detail);
  });

  document.addEventListener("visibilitychange", () => { if (!document.hidden) wait = 0; }, true);

  /* Putting in --------------------------------------------------------------------------------------------------------- */

  const queue = new Map(); // what waits, by id
  const news = [];

  /** Whether somebody is in this part: nothing changes under their hands. */
  function isBusy(part) {
    const selection = getSelection();
    return part.contains(document.activeElement) || part.matches("form") || part.querySelector("form, details[open]") !== null ||
      (!selection.isCollapsed && selection.containsNode(part, true));
  }

  document.addEventListener("htmx:oobBeforeSwap", ({ detail }) => {
    const { target: part } = detail;
    const fresh = detail.fragment.firstElementChild;
    if (isBusy(part)) {
      detail.shouldSwap = false;
      if (fresh.dataset.live ?? part.dataset.live) queue.set(part.id, fresh);
      return;
    }
    queue.delete(part.id);
    if (fresh.dataset.said && fresh.dataset.said !== part.dataset.said && news.push(fresh.dataset.said) === 1) queueMicrotask(tell);
  });

  function tell() {
    const more = news.length > 3 ? ` (+${news.length - 3})` : "";
    announce(news.splice(0).slice(0, 3).join(". ") + more);
  }

  /** Put in what waited, where nobody is any more. */
  function catchUp() {
    for (const [id, fresh] of queue) {
      const part = document.getElementById(id);
      const isOld = !part?.dataset.live || Number(part.dataset.live) >= Number(fresh.dataset.live ?? Infinity);
      if (part && !isOld && isBusy(part)) continue;
      queue.delete(id);
      if (!part || isOld) continue;
      if (fresh.dataset.said && fresh.dataset.said !== part.dataset.said) announce(fresh.dataset.said);
      // As if it had been asked for now: app.js wants to know for whom a part has come.
      htmx.swap(part, fresh.outerHTML, { swapStyle: "outerHTML" }, { eventInfo: { requestConfig: { elt: part, verb: "get" } } });
    }
  }

  /* How old it is ------------------------------------------------------------------------------------------------------ */

  /** A later look, though nothing may be new. Its age is the server's: the clocks need not agree. */
  function look({ iso, exact, age, late, why }) {
    const shown = asof();
    if (!shown) return;
    const time = shown.querySelector("time");
    time.dateTime = iso;
    time.title = shown.querySelector("[data-exact]").textContent = exact;
    shown.querySelector("[data-why]").textContent = why;
    shown.dataset.late = late;
    shown.dataset.since = Date.now() - age * 1000;
    grow();
  }

  function grow() {
    const shown = asof();
    if (!shown) return;
    shown.dataset.since ??= Date.now() - shown.dataset.age * 1000;
    const seconds = Math.max(0, Math.floor((Date.now() - shown.dataset.since) / 1000));
    const { seconds: s, minutes, hours, late } = shown.dataset;
    const [unit, text] = seconds < 60 ? [1, s] : seconds < 3600 ? [60, minutes] : [3600, hours];
    if (seconds < 86400) shown.querySelector("[data-ago]").textContent = text.replace("%d", Math.floor(seconds / unit));
    const why = shown.querySelector("[data-why]");
    if (!why.textContent && poll() && paused()) why.textContent = shown.dataset.paused;
    why.hidden = !(seconds > late && why.textContent);
    shown.classList.toggle("asof--stale", !why.hidden);
  }

  grow();
  setInterval(() => { catchUp(); grow(); }, 1000);

  /* Pause -------------------------------------------------------------------------------------------------------------- */

  function showPause() {
    for (const button of document.querySelectorAll("[data-pause]")) {
      button.hidden = !poll();
      button.setAttribute("aria-pressed", String(paused()));
    }
  }

  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-pause]")) return;
    localStorage.setItem(PAUSED, paused() ? "no" : "yes");
    wait = 0;
    showPause();
  });
  addEventListener("storage", showPause);
  document.addEventListener("htmx:afterSettle", showPause);
  showPause();
}
