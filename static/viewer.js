/* Pictures: each one's page in a dialog over the others, before and after, and those that came too late once more.
   Every link works without this file. */
"use strict";
{
  const dialog = () => document.getElementById("viewer");
  const part = () => document.querySelector(".viewer");
  const linkTo = (rel) => part()?.querySelector(`[rel=${rel}][href]`);

  /* Showing ------------------------------------------------------------------------------------------------------------ */

  const ahead = new Map(); // by address: parts that are here or on their way
  let wanted;
  let title; // of the page beneath

  /** What is not there, closed or behind a login is no part: null. Importing one begins to load its picture. */
  async function load(address) {
    const answer = await fetch(address, { headers: { "HX-Request": "true" } });
    const found = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector(".viewer");
    return found && document.importNode(found, true);
  }

  function ask(address) {
    if (!ahead.has(address)) ahead.set(address, load(address).catch(() => null));
    return ahead.get(address);
  }

  async function show(address) {
    wanted = address;
    const fresh = await ask(address);
    if (wanted !== address) return;
    if (!fresh) location.assign(address);
    else if (fresh !== part()) putIn(fresh, address);
  }

  /** Back leads to the sheet, however many were looked at. The way of looking and the focus stay. */
  function putIn(fresh, address) {
    history[history.state?.viewer ? "replaceState" : "pushState"]({ viewer: true }, "", address);
    const before = part();
    if (!before) title = document.title;
    document.title = `${fresh.querySelector("h1").textContent} · ${title}`;
    const look = before?.querySelector(":checked")?.value;
    const at = before?.contains(document.activeElement) && document.activeElement.rel;
    before?.remove();
    dialog().append(fresh);
    const same = fresh.querySelector(`[value=${look}]`);
    if (same) same.checked = true;
    if (!dialog().open) dialog().showModal();
    ((at && linkTo(at)) || fresh).focus();
    dialog().querySelector("[role=status]").textContent = fresh.dataset.place;
    for (const rel of ["next", "prev"]) if (linkTo(rel)) ask(linkTo(rel).href);
  }

  document.addEventListener("close", ({ target }) => {
    if (target !== dialog()) return;
    wanted = null;
    ahead.clear();
    const { hash } = linkTo("up");
    part().remove();
    document.title = title;
    if (history.state?.viewer) history.back();
    const frame = document.querySelector(hash);
    (frame?.closest("a") ?? frame)?.focus();
  }, true);

  const born = location.pathname;
  addEventListener("popstate", () => {
    if (!dialog()) {
      if (location.pathname !== born) location.reload(); // loaded anew on top of the page with the sheet
    } else if (history.state?.viewer) show(location.href);
    else dialog().close();
  });

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a.frame, a.gallery__link, .viewer a[href]");
    if (!link || !dialog() || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (link.rel === "up") dialog().close();
    else show(link.href);
  });

  /* Keys and thumbs ---------------------------------------------------------------------------------------------------- */

  const turned = document.dir === "rtl";
  const KEYS = { ArrowLeft: turned ? "next" : "prev", ArrowRight: turned ? "prev" : "next", Home: "first", End: "last" };

  document.addEventListener("keydown", (event) => {
    const link = KEYS[event.key] && linkTo(KEYS[event.key]);
    if (!link || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || event.target.matches("input")) return;
    event.preventDefault();
    link.click();
  });

  let down; // where the pointer went down, and what the slider said before it did
  document.addEventListener("pointerdown", ({ target, clientX, clientY }) => { down = [clientX, clientY, target.value]; }, true);

  document.addEventListener("pointerup", ({ target, pointerType, clientX, clientY }) => {
    if (pointerType !== "touch" || !target.closest(".loupe__stage") || target.matches("input")) return;
    const [right, low] = [clientX - down[0], Math.abs(clientY - down[1])];
    if (Math.abs(right) > 40 && Math.abs(right) > 2 * low) linkTo(KEYS[right > 0 ? "ArrowLeft" : "ArrowRight"])?.click();
  });

  /* Before and after ----------------------------------------------------------------------------------------------------- */

  function slide(range) {
    range.parentElement.style.setProperty("--at", `${range.value}%`);
    range.setAttribute("aria-valuetext", range.getAttribute("aria-valuetext").replace(/\d+/, 100 - range.value));
  }

  document.addEventListener("input", ({ target }) => { if (target.matches(".loupe__range")) slide(target); });

  /* A tap shows the other one. */
  document.addEventListener("click", ({ target, clientX }) => {
    if (!target.matches(".loupe__range") || Math.abs(clientX - down[0]) > 4) return;
    target.value = down[2] < 50 ? 100 : 0;
    slide(target);
  });

  /* Once more ------------------------------------------------------------------------------------------------------------ */

  /* The server fetches three pictures at a time; for those that come too late it draws one of 3 by 2. They get another
     chance after the others, one by one. */
  const PICTURES = [".viewer img", ".frame img, .gallery img"]; // what is looked at comes first
  const tries = new WeakMap();
  const isDrawing = (image) => image.complete && image.naturalWidth === 3;
  const isDue = (image) => isDrawing(image) && (tries.get(image) ?? 0) < 4;
  let waiting = false;

  async function askAgain() {
    if (waiting) return;
    waiting = true;
    for (let image; (image = PICTURES.flatMap((each) => [...document.querySelectorAll(each)]).find(isDue)); ) {
      tries.set(image, (tries.get(image) ?? 0) + 1);
      image.src = `${image.src.split("?")[0]}?again=${tries.get(image)}`;
      await image.decode().catch(() => {});
      if (isDrawing(image)) await new Promise((resolve) => { setTimeout(resolve, 500); });
      if (isDrawing(image) && !isDue(image) && image.closest(".loupe__clip")) giveUp(image.closest(".loupe"));
    }
    waiting = false;
  }

  /** There is no original: say so, and compare with nothing. */
  function giveUp(loupe) {
    loupe.querySelector("[value=after]").checked = true;
    loupe.querySelector("fieldset").disabled = true;
    loupe.querySelector("[data-none]").hidden = false;
  }

  addEventListener("load", askAgain);
  document.addEventListener("load", ({ target }) => { if (target.matches?.(PICTURES.join())) askAgain(); }, true);
}
