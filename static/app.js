/* What HTML cannot do by itself. Every link and form works without this file (DESIGN decision 7). */
"use strict";

/* Looked up each time: going back replaces the whole body. */
const announcer = () => document.getElementById("announce");
const toasts = () => document.getElementById("toasts");

/* What is behind an open dialog is not read out. */
const announce = (text) => {
  (document.querySelector("dialog[open] > [role=status]") ?? announcer()).textContent = text;
};
const fold = (text) => text.trim().replace(/\s+/gu, " ");
const composing = (event) => event.isComposing || event.keyCode === 229;

/* Inline rename (features 4.1) ------------------------------------------------------------------------------------- */

const renameForm = (node) => node?.closest?.("form[data-rename]");
const isSaving = (form) => form.classList.contains("htmx-request");

/** True when there is nothing to send. A refused text is not: the person may want to send it again as it is. */
function isUnchanged(form) {
  const input = form.querySelector("input[type=text]");
  return input && !input.matches("[aria-invalid]") && fold(input.value) === fold(form.elements.seen.value);
}

/** Show the name as it is, without a request (R2). A form that is a page of its own has no such place: follow Cancel. */
function cancelRename(form) {
  const template = form.querySelector("template");
  if (!template) {
    location.assign(form.querySelector("[data-cancel]").href);
    return;
  }
  const name = template.content.firstElementChild.cloneNode(true);
  form.dataset.closed = "";
  form.replaceWith(name);
  htmx.process(name);
  focusOn(name.querySelector(".name__edit"));
  announce(announcer().dataset.cancelled);
}

function focusOn(element) {
  element?.focus({ preventScroll: true });
}

document.addEventListener("keydown", (event) => {
  const form = renameForm(event.target);
  if (!form) return;
  if (event.key === "Enter" && composing(event)) event.preventDefault();
  if (event.key !== "Escape" || composing(event)) return;
  event.preventDefault();
  if (!isSaving(form)) cancelRename(form);
});

document.addEventListener("click", (event) => {
  const cancel = event.target.closest("[data-cancel]");
  const form = renameForm(cancel);
  if (!form?.querySelector("template") || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if (!isSaving(form)) cancelRename(form);
});

document.addEventListener("submit", (event) => {
  const form = renameForm(event.target);
  if (!form || !isUnchanged(form)) return;
  event.preventDefault();
  event.stopPropagation();
  cancelRename(form);
}, true);

/* Safari does not focus a button that is clicked, so where the pointer went down counts as well. */
let pressed = null;
document.addEventListener("pointerdown", (event) => { pressed = event.target; }, true);
document.addEventListener("keydown", () => { pressed = null; }, true);

document.addEventListener("focusout", (event) => {
  const form = renameForm(event.target);
  const input = event.target;
  if (!form || !input.matches("input[type=text]") || "closed" in form.dataset || isSaving(form)) return;
  const goesTo = event.relatedTarget ?? pressed;
  const stays = form.contains(goesTo) || document.activeElement === input; // the second: another window came to the front
  if (stays || !form.querySelector("template")) return;
  const refused = input.matches("[aria-invalid]") && input.value === input.defaultValue;
  if (refused || !fold(input.value)) return;
  if (isUnchanged(form)) cancelRename(form);
  else form.requestSubmit();
});

/* The way back goes when its time is over (palette.css: not under the pointer or the focus), or is sent away. */
function dismiss(undo) {
  if (undo.contains(document.activeElement)) focusOn(undo.closest(".name").querySelector(".name__edit"));
  undo.remove();
}

document.addEventListener("animationend", ({ target }) => { if (target.matches(".undo")) dismiss(target); });
document.addEventListener("keydown", ({ key, target }) => { if (key === "Escape" && target.closest(".toast.undo")) dismiss(target.closest(".undo")); });

/* htmx ---------------------------------------------------------------------------------------------------------------- */

document.addEventListener("htmx:beforeRequest", (event) => {
  const element = event.detail.elt;
  hideErrors(errorSlot(element));
  if (element.matches("[role=search]")) rememberSearch(element, event.detail.requestConfig.triggeringEvent);
  const input = renameForm(element)?.querySelector("input[type=text]");
  if (input) input.readOnly = true;
});

document.addEventListener("htmx:afterRequest", (event) => {
  const input = renameForm(event.detail.elt)?.querySelector("input[type=text]");
  if (input) input.readOnly = false;
});

/* A form that goes away loses its focus: that must not send it once more. And what failed before is over when something
   that a person asked for, rather than the page by itself, worked. */
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (!detail.isError && detail.requestConfig.triggeringEvent?.isTrusted) hideErrors(...document.querySelectorAll("[data-error]"));
  const form = renameForm(detail.target);
  if (form && detail.shouldSwap) form.dataset.closed = "";
});

/* Search (features 4.2) ------------------------------------------------------------------------------------------------- */

/* The address before the typing began: Enter leaves it behind, so that Back leaves the search, not its last letter. */
let settled = location.href;
for (const name of ["htmx:pushedIntoHistory", "htmx:historyRestore"]) {
  document.addEventListener(name, () => { settled = location.href; });
}

/** Typing replaces the address, Enter adds one. */
function rememberSearch(form, trigger) {
  if (trigger?.type === "submit") form.setAttribute("hx-push-url", "true");
  else form.removeAttribute("hx-push-url");
}

document.addEventListener("htmx:beforeHistoryUpdate", ({ detail: { history: update, requestConfig } }) => {
  if (update.type !== "push" || !requestConfig.elt.matches("[role=search]")) return;
  if (new URL(update.path, location.href).href === settled) update.type = "replace";
  else history.replaceState(history.state, "", settled);
});

/** After a click on a tab, a filter or a column's head: the box shows what is searched now, and the focus stays near. */
function followResults(results, element) {
  if (element.matches("[role=search]")) return;
  document.getElementById("q").value = results.dataset.q;
  if (document.activeElement !== document.body) return;
  focusOn(results.querySelector(element.closest("details") ? ".filters summary" : ".filters a"));
}

document.addEventListener("keydown", (event) => {
  const box = event.target;
  if (event.key !== "Escape" || box.id !== "q" || composing(event)) return;
  event.preventDefault();
  if (!box.value) {
    box.blur();
    return;
  }
  box.value = "";
  box.dispatchEvent(new Event("input", { bubbles: true }));
});

/* What was swapped in -------------------------------------------------------------------------------------------------- */

document.addEventListener("htmx:afterSwap", (event) => {
  const part = event.target;
  if (part.matches("[data-announce]")) announce(part.dataset.announce);
  if (part.closest("dialog")) showDialog(part.closest("dialog"), part);
  if (part.matches("#results")) followResults(part, event.detail.requestConfig.elt);
  if (part.matches("form[data-rename]")) openRename(part, event.detail.requestConfig.verb);
  else if (part.matches(".name")) closeRename(part, event.detail.requestConfig.verb);
});

/** A part came into a dialog: show it, with the focus on what is new, wrong, or the first field (features 4.4.1). */
function showDialog(dialog, part) {
  if (!dialog.open) dialog.showModal();
  (part.querySelector("[autofocus], [aria-invalid=true]") ?? part.querySelector("[open] input:not([type=hidden])"))?.focus();
}

function openRename(form, verb) {
  const input = form.querySelector("input[type=text]");
  focusOn(input ?? form.querySelector("[tabindex]"));
  if (verb === "get") input?.select();
}

/** After a save: say so, and give the focus back unless the person has put it elsewhere meanwhile. */
function closeRename(name, verb) {
  if (verb !== "post") return;
  if (document.activeElement === document.body) focusOn(name.querySelector(".name__edit") ?? name.querySelector("a"));
  const note = name.querySelector(".name__note")?.textContent;
  for (const undo of document.querySelectorAll(".toast.undo")) if (!name.contains(undo)) undo.remove();
  announce(note ?? `${announcer().dataset.renamed} ${name.querySelector(".name__link, h1").textContent}`);
}

/* Errors, near where they happened -------------------------------------------------------------------------------------- */

const errorSlot = (element) =>
  element.querySelector("[data-error]") ??
  element.closest(".name, .page__status")?.querySelector("[data-error]") ??
  element.parentElement?.querySelector(":scope > [data-error]");

function hideErrors(...slots) {
  toasts().replaceChildren();
  for (const slot of slots) if (slot) slot.hidden = true;
}

/** `content` is a text or a node. Beside a pencil there is no room for it. */
function showError(element, content) {
  const slot = element.isConnected && !element.matches(".name__edit") && errorSlot(element);
  if (slot) {
    slot.replaceChildren(content);
    slot.hidden = false;
    return;
  }
  const toast = document.createElement("p");
  toast.className = "toast";
  toast.replaceChildren(content);
  toasts().replaceChildren(toast);
}

for (const name of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
  document.addEventListener(name, async ({ detail }) => {
    try {
      if (isStale(detail.xhr)) await renewToken();
    } finally {
      showError(detail.elt, complaint(detail));
    }
  });
}

const WHAT = { 0: "unreachable", 403: "forbidden", 404: "gone", 413: "large", 429: "often" };

const isStale = (xhr) => xhr.status === 403 && xhr.getResponseHeader("X-Stale");

/** What happened, whether anything was saved, what to do, and the reference to name (features 4.7.6). */
function complaint({ xhr, requestConfig: { verb } }) {
  const { status } = xhr;
  if (status === 401) return document.getElementById("logged-out").content.cloneNode(true);
  const { dataset: texts } = toasts();
  const refused = status >= 400 && status < 500;
  const what = texts[isStale(xhr) ? "stale" : WHAT[status] ?? (refused ? "refused" : "failed")];
  const saved = verb === "get" ? "" : texts[refused ? "unsaved" : "unsure"];
  const next = status === 403 && !isStale(xhr) ? "reload" : verb === "get" ? "again" : "kept";
  const id = status && xhr.getResponseHeader("X-Request-Id");
  return [what, saved, texts[next], id ? `${texts.reference} ${id}` : ""].filter(Boolean).join(" ");
}

/** A login in another tab makes the token of this page void (F67): put the one that counts now into its place. */
async function renewToken() {
  const fresh = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
  const headers = fresh.body.getAttribute("hx-headers");
  if (!headers) return;
  document.body.setAttribute("hx-headers", headers);
  const token = JSON.parse(headers)["x-csrftoken"];
  for (const input of document.querySelectorAll("input[name=csrfmiddlewaretoken]")) input.value = token;
}

/* Small things ------------------------------------------------------------------------------------------------------------ */

async function copy(button) {
  const source = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(source.textContent.trim());
  } catch { // refused: the person copies by hand
    getSelection().selectAllChildren(source);
    return;
  }
  const label = button.querySelector("[data-label]");
  const before = label.textContent;
  label.textContent = announcer().dataset.copied;
  announce(announcer().dataset.copied);
  setTimeout(() => { label.textContent = before; }, 2000);
}

function show(button) {
  const input = document.getElementById(button.getAttribute("aria-controls"));
  const shown = input.type === "password";
  input.type = shown ? "text" : "password";
  button.setAttribute("aria-pressed", String(shown));
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button?.matches("[data-copy]")) copy(button);
  if (button?.matches("[data-show]")) show(button);
  if (button?.matches("[data-dismiss]")) dismiss(button.closest(".undo"));
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && document.querySelector("details.menu[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});
