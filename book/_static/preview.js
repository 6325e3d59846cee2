// Shows what a link within the book points to, beside the link, on hover and on keyboard focus. Escape dismisses it,
// and the pointer may move onto it. A finger has no hover: a tap follows the link.
(() => {
  const WAIT = 250; // ms: passing over a link should not flash
  const root = new URL(document.documentElement.dataset.content_root, location.href);
  const pages = new Map(); // text of other pages, by name
  let box;
  let owner; // the link whose target is shown
  let timer;

  // A page's text comes as a call of this function: see previews.py.
  window.bookPage = (name, html) => pages.get(name).resolve(new DOMParser().parseFromString(html, "text/html"));

  const load = (name) => {
    if (!pages.has(name)) {
      let resolve;
      const promise = new Promise((done) => (resolve = done));
      pages.set(name, { promise, resolve });
      const script = document.createElement("script");
      script.src = new URL(`_static/previews/${name}.js`, root);
      script.onerror = () => resolve(null);
      document.head.append(script);
    }
    return pages.get(name).promise;
  };

  // The document that a link points into, or null where it leaves the book.
  const documentOf = (url) => {
    if (url.pathname === location.pathname) return document;
    const inside = url.href.startsWith(root.href) && url.pathname.endsWith(".html");
    return inside ? load(decodeURI(url.pathname.slice(root.pathname.length, -".html".length))) : null;
  };

  // What a reader wants to see of a place: a term's entry, a section's title and first paragraph, else all of it.
  const find = (page, id) => {
    let target = page.getElementById(id);
    if (target?.matches("section")) {
      const beginning = document.createElement("div");
      for (const part of target.querySelectorAll(":scope > :is(h1, h2, h3, h4), :scope > p:first-of-type"))
        beginning.append(part.cloneNode(true));
      return beginning;
    }
    while (target?.matches("dt")) target = target.nextElementSibling;
    return target?.matches(".anchor, span") ? null : target;
  };

  const content = async (link) => {
    const url = new URL(link.href);
    const page = url.hash && (await documentOf(url));
    const target = page && find(page, decodeURIComponent(url.hash.slice(1)));
    if (!target || target.contains(link)) return null;
    const copy = target.cloneNode(true);
    // What acts stays in the page: a copy of it would be dead. A figure is previewed by its picture and caption.
    const acting = "script, output, button, .movable-controls, .movable-legend, .headerlink, .backrefs";
    copy.querySelectorAll(acting).forEach((part) => part.remove());
    for (const picture of copy.querySelectorAll("img[src]")) picture.src = new URL(picture.getAttribute("src"), url);
    for (const inner of [copy, ...copy.querySelectorAll("[id]")]) inner.removeAttribute("id");
    return copy;
  };

  const hide = () => {
    clearTimeout(timer);
    box?.remove();
    owner?.removeAttribute("aria-describedby");
    box = owner = undefined;
  };

  const place = () => {
    const at = owner.getBoundingClientRect();
    const left = Math.max(8, Math.min(at.left, document.documentElement.clientWidth - box.offsetWidth - 8));
    const above = at.bottom + box.offsetHeight + 8 > innerHeight && at.top > box.offsetHeight;
    box.style.left = `${left}px`;
    box.style.top = `${above ? at.top - box.offsetHeight - 4 : at.bottom + 4}px`;
  };

  const show = async (link) => {
    hide();
    owner = link;
    const inside = await content(link);
    if (!inside || owner !== link) return;
    box = document.createElement("div");
    Object.assign(box, { className: "preview", id: "preview" });
    box.setAttribute("role", "tooltip");
    box.append(inside);
    document.querySelector(".bd-article").append(box);
    place();
    link.setAttribute("aria-describedby", "preview");
    box.addEventListener("mouseenter", () => clearTimeout(timer));
    box.addEventListener("mouseleave", leave);
  };

  const leave = () => {
    clearTimeout(timer);
    timer = setTimeout(hide, WAIT);
  };

  const enter = (event) => {
    const link = event.target.closest?.(".bd-article a.internal[href*='#']");
    if (!link || link.closest(".preview")) return;
    clearTimeout(timer);
    if (link !== owner) timer = setTimeout(() => show(link), event.type === "focusin" ? 0 : WAIT);
  };

  // Focus may scroll the page to its link: the preview follows. A pointer that rests while the page scrolls does not.
  const scroll = () => {
    if (box && owner === document.activeElement) place();
    else if (box) hide();
  };

  document.addEventListener("pointerover", (event) => event.pointerType !== "touch" && enter(event));
  document.addEventListener("pointerout", (event) => event.target.closest?.("a.internal") && leave());
  document.addEventListener("focusin", (event) => event.target.matches?.(":focus-visible") && enter(event));
  document.addEventListener("focusout", hide);
  document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
  document.addEventListener("scroll", scroll, { passive: true });
})();
