// Marks the place of the reader in the list of the page's contents. The theme marks a heading when it passes the upper
// part of the window, and so loses the place within long sections and after jumps.
(() => {
  const links = [...document.querySelectorAll("#pst-page-toc-nav a[href^='#']")];
  const headings = links.map((link) => document.getElementById(decodeURIComponent(link.hash.slice(1))));
  let planned = false;

  const mark = () => {
    planned = false;
    const line = innerHeight / 4;
    const here = headings.findLastIndex((heading) => heading?.getBoundingClientRect().top <= line);
    links.forEach((link, i) => {
      link.classList.toggle("active", i === here);
      if (i === here) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    });
  };

  const plan = () => {
    if (!planned) setTimeout(mark, 100); // after the theme's own mark
    planned = true;
  };

  addEventListener("scroll", plan, { passive: true });
  addEventListener("hashchange", plan);
  plan();
})();
