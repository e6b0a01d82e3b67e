/* Keys press what is on the page: an element says by aria-keyshortcuts which key is its own (orders/shortcuts.py). And the
   palette. Without this file every link and button is still there. */
"use strict";
{
  const WRITABLE = "input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]";
  const OF_A_ROW = ".list__row :not(.undo *)";

  /* Under an open dialog nothing can be pressed. */
  const scope = () => document.querySelector("dialog[open]") ?? document;
  const row = () => document.activeElement.closest(".list__row");

  function nameOf(event) {
    if (event.altKey || composing(event)) return "";
    if (!event.ctrlKey && !event.metaKey) return event.key;
    return `${event.ctrlKey ? "Control" : "Meta"}+${event.key.toUpperCase()}`;
  }

  /** The name in the row after or before the one with the focus; j begins at the first. */
  function neighbour(name) {
    const list = scope().querySelector("[data-next]");
    const step = name === list?.dataset.next ? 1 : name === list?.dataset.previous ? -1 : 0;
    if (!step) return null;
    const links = [...list.querySelectorAll(".name__link")];
    return links[links.findIndex((link) => row()?.contains(link)) + step];
  }

  /** Of what is there once for each row, that of the row with the focus. */
  function bearer(name) {
    const all = [...scope().querySelectorAll(`[aria-keyshortcuts~="${CSS.escape(name)}"]`)];
    return all.find((each) => !each.matches(OF_A_ROW) || row()?.contains(each));
  }

  document.addEventListener("keydown", (event) => {
    const name = nameOf(event);
    if (event.defaultPrevented || !name || (event.target.matches(WRITABLE) && !name.includes("+"))) return;
    const next = neighbour(name);
    const pressed = next ?? bearer(name);
    if (!pressed) return;
    event.preventDefault();
    if (next || pressed.matches(WRITABLE)) {
      pressed.focus();
      pressed.select?.();
    } else if (!event.repeat) {
      pressed.click();
    }
  });

  /* The palette: a combobox whose list the server fills --------------------------------------------------------------- */

  const palette = () => document.getElementById("palette");
  const box = () => document.getElementById("palette-q");
  const found = () => document.getElementById("palette-found").firstElementChild;
  const options = () => [...palette().querySelectorAll("[role=option]")];

  let hasty = false; // Enter came before the answer

  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-palette]") || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    box().form.reset();
    palette().showModal();
    htmx.trigger(box().form, "ask");
  });

  function mark(option) {
    for (const each of options()) each.setAttribute("aria-selected", String(each === option));
    box().setAttribute("aria-activedescendant", option?.id ?? "");
    option?.scrollIntoView({ block: "nearest" });
  }

  /** Open what is marked; where that answers something else than what is typed by now, the first of what comes. */
  function enter() {
    hasty = found()?.dataset.q !== box().value.trim();
    if (hasty) box().form.requestSubmit();
    else palette().querySelector("[aria-selected=true]")?.click();
  }

  document.addEventListener("keydown", (event) => {
    if (event.target !== box() || composing(event)) return;
    const all = options();
    const at = all.findIndex((each) => each.matches("[aria-selected=true]"));
    const last = all.length - 1;
    const to = { ArrowDown: at < last ? at + 1 : 0, ArrowUp: at > 0 ? at - 1 : last, Home: 0, End: last }[event.key];
    if (to === undefined && event.key !== "Enter") return;
    event.preventDefault();
    if (event.key === "Enter") enter();
    else mark(all[to]);
  });

  document.addEventListener("input", ({ target }) => { if (target === box()) hasty = false; });

  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    if (detail.target.closest("#palette:not([open])")) detail.shouldSwap = false; // closed meanwhile
  });

  document.addEventListener("htmx:afterSwap", ({ target }) => {
    if (target.id !== "palette-found") return;
    mark(options()[0]);
    announce(found().dataset.says);
    if (hasty) enter();
  });
}
