// Shows what a link within the book points to, beside the link, on hover and on keyboard focus. Escape dismisses it,
// and the pointer may move onto it. A finger has no hover: a tap follows the link.
(() => {
  const WAIT = 250; // ms: passing over a link should not flash
  let box;
  let timer;

  const byId = (id) => (id ? document.getElementById(decodeURIComponent(id)) : null);

  // The content for a link, copied; nothing for links that point to a whole page or a heading nearby.
  const content = (link) => {
    const uri = link.getAttribute("href");
    const foreign = document.querySelector(`template[data-preview="${CSS.escape(uri)}"]`);
    if (foreign) return foreign.content.cloneNode(true);
    if (!uri.startsWith("#")) return null;
    let target = byId(uri.slice(1));
    if (!target || target.matches("section, .anchor, span") || target.contains(link)) return null;
    if (target.matches("dt")) target = target.nextElementSibling;
    const copy = target.cloneNode(true);
    // What acts stays in the page: a copy of it would be dead. A figure is previewed by its picture and caption.
    copy.querySelectorAll("script, output, button, .movable-controls, .headerlink, .backrefs").forEach((e) => e.remove());
    for (const inner of [copy, ...copy.querySelectorAll("[id]")]) inner.removeAttribute("id");
    return copy;
  };

  const hide = () => {
    clearTimeout(timer);
    box?.remove();
    box = undefined;
  };

  const show = (link) => {
    hide();
    const inside = content(link);
    if (!inside) return;
    box = document.createElement("div");
    box.className = "preview";
    box.setAttribute("role", "tooltip");
    box.id = "preview";
    box.append(inside);
    document.querySelector(".bd-article").append(box);
    const at = link.getBoundingClientRect();
    const left = Math.max(8, Math.min(at.left, document.documentElement.clientWidth - box.offsetWidth - 8));
    const above = at.bottom + box.offsetHeight + 8 > innerHeight && at.top > box.offsetHeight;
    box.style.left = `${left}px`;
    box.style.top = `${above ? at.top - box.offsetHeight - 4 : at.bottom + 4}px`;
    link.setAttribute("aria-describedby", "preview");
    link.addEventListener("blur", () => link.removeAttribute("aria-describedby"), { once: true });
    box.addEventListener("mouseenter", () => clearTimeout(timer));
    box.addEventListener("mouseleave", leave);
  };

  const leave = () => {
    clearTimeout(timer);
    timer = setTimeout(hide, WAIT);
  };

  const enter = (event) => {
    const link = event.target.closest?.("a.internal[href*='#']");
    if (!link || !link.closest(".bd-article") || link.closest(".preview")) return;
    clearTimeout(timer);
    timer = setTimeout(() => show(link), event.type === "focusin" ? 0 : WAIT);
  };

  document.addEventListener("pointerover", (event) => event.pointerType !== "touch" && enter(event));
  document.addEventListener("pointerout", (event) => event.target.closest?.("a.internal") && leave());
  document.addEventListener("focusin", (event) => event.target.matches?.(":focus-visible") && enter(event));
  document.addEventListener("focusout", hide);
  document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
  document.addEventListener("scroll", hide, { passive: true });
})();
