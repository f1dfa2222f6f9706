// A change of country asks for the form as that country writes addresses; what was typed stays.
const form = document.querySelector("[data-address-form]");

async function adapt() {
  const fields = form.querySelector("[data-address-fields]");
  const typed = new FormData(form);
  const country = form.elements.country.value;
  try {
    const reply = await fetch(`/checkout/fields/?country=${encodeURIComponent(country)}`);
    if (!reply.ok) return;
    const page = new DOMParser().parseFromString(await reply.text(), "text/html");
    fields.replaceChildren(...page.querySelector("[data-address-fields]").childNodes);
    for (const [name, value] of typed) {
      const input = form.elements[name];
      if (input && name !== "csrfmiddlewaretoken" && input.type !== "checkbox") input.value = value;
    }
    form.elements.country.focus();
  } catch { /* offline: the server explains on submit */ }
}

form?.addEventListener("change", (event) => {
  if (event.target.name === "country") adapt();
});

form?.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-fill]");
  if (!button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const address = JSON.parse(button.dataset.fill);
  form.elements.country.value = address.country;
  await adapt();
  for (const [name, value] of Object.entries(address)) {
    if (form.elements[name]) form.elements[name].value = value;
  }
});
