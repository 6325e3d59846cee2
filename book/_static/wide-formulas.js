// A formula that is wider than its place scrolls, so the keyboard must reach it: it becomes a tab stop while it is.
(() => {
  const mark = () => {
    for (const formula of document.querySelectorAll("article math")) {
      if (formula.scrollWidth > formula.clientWidth + 1) formula.setAttribute("tabindex", "0");
      else formula.removeAttribute("tabindex");
    }
  };
  addEventListener("load", mark);
  addEventListener("resize", mark);
  document.addEventListener("toggle", mark, { capture: true }); // a folded solution was opened
})();
