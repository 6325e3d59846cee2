// On paper the colours are the light ones, also for a reader whose screen is dark.
const root = document.documentElement;
let theme = null;

addEventListener("beforeprint", () => {
  theme = root.dataset.theme;
  root.dataset.theme = "light";
});

addEventListener("afterprint", () => {
  if (theme) root.dataset.theme = theme;
});
