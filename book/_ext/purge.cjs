// Prints, as JSON, the style sheets named on the command line without the rules that nothing in the site uses.
// Usage: node purge.cjs PURGECSS SITE SHEET... ; run by lighten.py.
const [purgecss, site, ...sheets] = process.argv.slice(2);
const { PurgeCSS } = require(purgecss);

new PurgeCSS()
  .purge({
    content: [`${site}/*.html`, `${site}/{book,_static}/**/*.{html,js}`],
    css: sheets,
    fontFace: true,
    keyframes: true,
    safelist: { greedy: [/^bs-tooltip/] }, // a name that its script puts together
    // Set and removed while the page is open.
    dynamicAttributes: [
      "aria-expanded",
      "aria-selected",
      "data-bs-popper",
      "data-mode",
      "data-popper-placement",
      "data-theme",
      "hidden",
      "open",
    ],
  })
  .then((results) => console.log(JSON.stringify(results.map(({ file, css }) => [file, css]))));
