/* The ticked rows of the list: how many, and kept from page to page. Without this file, those of one page can be ticked. */
"use strict";
{
  const KEPT = "picked";
  const bulk = () => document.getElementById("bulk");
  const boxes = () => [...document.querySelectorAll(".list__row .list__pick input")];
  const scope = () => location.pathname + "?" + document.getElementById("results").dataset.q;

  /** What is kept of this search in this tab. */
  function read() {
    try {
      const kept = JSON.parse(sessionStorage.getItem(KEPT));
      return kept?.ids ? kept : { scope: scope(), ids: [] };
    } catch { // not ours
      return { scope: scope(), ids: [] };
    }
  }

  const write = (ids) => sessionStorage.setItem(KEPT, JSON.stringify({ scope: scope(), ids }));

  /** Those ticked here, and those of other pages. */
  function picked() {
    const here = boxes();
    const others = read().ids.filter((id) => !here.some((box) => box.value === id));
    return [...others, ...here.filter((box) => box.checked).map((box) => box.value)];
  }

  /** Tick again what was ticked; another search begins with nothing (features 4.2.14). */
  function restore() {
    const { scope: of, ids } = read();
    if (of !== scope()) {
      write([]);
      const cleared = document.querySelector("[data-cleared]")?.dataset.cleared;
      if (ids.length && cleared) announce(cleared);
    }
    if (!bulk()) return;
    const kept = new Set(read().ids);
    for (const box of boxes()) box.checked = kept.has(box.value);
    show();
  }

  function show() {
    const here = boxes();
    const ids = picked();
    const all = bulk().elements.all?.checked;
    const label = bulk().querySelector("[data-picked]");
    label.textContent = `${all ? label.dataset.all : ids.length} ${label.dataset.selected}`;
    bulk().querySelector("[name=pick][type=hidden]").value = ids.filter((id) => !here.some((box) => box.value === id)).join();
    const page = document.querySelector("[data-pick-page]");
    page.checked = here.length > 0 && here.every((box) => box.checked);
    page.indeterminate = !page.checked && here.some((box) => box.checked);
  }

  document.addEventListener("change", ({ target }) => {
    if (target.form !== bulk() || !bulk()) return;
    if (target.matches("[data-pick-page]")) for (const box of boxes()) box.checked = target.checked;
    write(picked());
    show();
    announce(bulk().querySelector("[data-picked]").textContent);
  });

  document.addEventListener("reset", (event) => {
    if (event.target !== bulk()) return;
    write([]);
    setTimeout(() => { // after the boxes are empty
      for (const box of boxes()) box.checked = false;
      show();
      announce(bulk().querySelector("[data-picked]").textContent);
      document.querySelector("[data-pick-page]").focus({ preventScroll: true });
    });
  });

  document.addEventListener("htmx:afterSwap", ({ target }) => { if (target.id === "results") restore(); });
  document.addEventListener("htmx:historyRestore", restore);
  window.addEventListener("pageshow", restore);
}
