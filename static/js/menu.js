// Menus are <details>, so they work without this; here they also close by Escape,
// by a click elsewhere and when the focus leaves.
const menus = () => document.querySelectorAll("[data-menu] details[open], [data-drawer][open]");
const close = (details) => details.removeAttribute("open");

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const details of menus()) {
    const hadFocus = details.contains(document.activeElement);
    close(details);
    if (hadFocus) details.querySelector("summary").focus();
  }
});

document.addEventListener("click", (event) => {
  for (const details of menus()) if (!details.contains(event.target)) close(details);
});

document.addEventListener("focusin", (event) => {
  for (const details of menus()) if (!details.contains(event.target)) close(details);
});

for (const drawer of document.querySelectorAll("[data-drawer]")) {
  drawer.addEventListener("toggle", () => {
    for (const part of document.querySelectorAll("main, .site-footer")) part.inert = drawer.open;
  });
}
