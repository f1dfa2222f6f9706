// Adds to the cart without leaving the page. Without this, the form leads to the cart.
// The answer is the one htmx would get; 50 kB for one form would delay the pictures.
function setup(form) {
  const told = document.getElementById(form.dataset.addToCart);
  form.addEventListener("submit", async (event) => {
    if (event.submitter?.hasAttribute("formmethod")) return;
    event.preventDefault();
    form.setAttribute("aria-busy", "true");
    try {
      const response = await fetch(form.action, {
        method: "POST",
        body: new FormData(form),
        headers: { "HX-Request": "true" },
      });
      if (!response.ok) throw new Error(response.statusText);
      told.innerHTML = await response.text();
      const facts = JSON.parse(response.headers.get("HX-Trigger") ?? "{}");
      for (const [name, detail] of Object.entries(facts)) {
        document.body.dispatchEvent(new CustomEvent(name, { detail, bubbles: true }));
      }
    } catch {
      form.submit();
    } finally {
      form.removeAttribute("aria-busy");
    }
  });
}

for (const form of document.querySelectorAll("[data-add-to-cart]")) setup(form);
