// Buttons beside a number field. The field alone is enough without this.
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-quantity] [data-step]");
  if (!button) return;
  const box = button.closest("[data-quantity]");
  const input = box.querySelector("input");
  const before = input.value;
  if (button.dataset.step === "1") input.stepUp();
  else input.stepDown();
  if (input.value === before) return;
  input.dispatchEvent(new Event("input", { bubbles: true }));
  input.dispatchEvent(new Event("change", { bubbles: true }));
});

function limits(box) {
  const input = box.querySelector("input");
  const value = Number(input.value);
  box.querySelector('[data-step="-1"]').disabled = value <= Number(input.min);
  box.querySelector('[data-step="1"]').disabled = input.max !== "" && value >= Number(input.max);
}

const pending = new WeakMap();
document.addEventListener("change", (event) => {
  const box = event.target.closest?.("[data-quantity]");
  if (!box) return;
  limits(box);
  if (box.dataset.quantity !== "autosubmit") return;
  // Several quick clicks become one request.
  clearTimeout(pending.get(box));
  pending.set(box, setTimeout(() => event.target.form?.requestSubmit(), 350));
});

const prepare = (root) => {
  for (const box of root.querySelectorAll("[data-quantity]")) limits(box);
};
prepare(document);
document.addEventListener("htmx:afterSettle", (event) => prepare(event.target));
