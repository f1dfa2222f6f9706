// Small behaviors shared by many pages: rails, selects that submit, focus on errors.
document.addEventListener("click", (event) => {
  const step = event.target.closest?.("[data-rail-step]");
  if (step) {
    const items = step.closest("[data-rail]").querySelector(".rail__items");
    items.scrollBy({ left: Number(step.dataset.railStep) * items.clientWidth * 0.9 });
  }
});

document.addEventListener("change", (event) => {
  const form = event.target.closest?.("[data-submit-on-change]");
  if (form) form.requestSubmit();
});

document.querySelector("[data-autofocus]")?.focus();

// What had the focus may have gone with the part of the page that was replaced.
document.addEventListener("htmx:afterSettle", (event) => {
  if (document.activeElement === document.body) event.target.closest("[tabindex='-1']")?.focus();
});
