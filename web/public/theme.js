// Runs before the first paint, so that nobody sees the other theme flash by. state/settings.ts keeps it up to date.
(() => {
  let theme = null;
  try {
    theme = JSON.parse(localStorage.getItem("graphflow.settings") ?? "{}").state?.theme;
  } catch {
    theme = null; // a setting that cannot be read is none
  }
  const light = theme === "light" || (theme !== "dark" && matchMedia("(prefers-color-scheme: light)").matches);
  document.documentElement.dataset.theme = light ? "light" : "dark";
})();
