// Runs before the first paint: applies the chosen color scheme and marks the page as scripted.
(() => {
  const root = document.documentElement;
  const modes = ["system", "light", "dark"];
  const labels = { system: "Colors: as the system", light: "Colors: light", dark: "Colors: dark" };

  const read = () => {
    try { return localStorage.getItem("theme"); } catch { return null; }
  };
  const write = (mode) => {
    try { localStorage.setItem("theme", mode); } catch { /* private window: keep it for this page */ }
  };
  let mode = modes.includes(read()) ? read() : "system";

  const apply = () => {
    if (mode === "system") delete root.dataset.theme;
    else root.dataset.theme = mode;
    for (const label of document.querySelectorAll("[data-theme-label]")) label.textContent = labels[mode];
  };
  root.dataset.scripted = "";
  apply();
  document.addEventListener("DOMContentLoaded", apply);
  document.addEventListener("click", (event) => {
    if (!event.target.closest?.("[data-theme-toggle]")) return;
    mode = modes[(modes.indexOf(mode) + 1) % modes.length];
    write(mode);
    apply();
  });
})();
