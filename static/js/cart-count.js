// Public pages hold nothing personal, so the number on the cart comes by one small request; pages
// of the visitor's own bring it along.
// A change made by htmx or by a module announces itself: `cart:changed` with the new count.
const link = document.querySelector("[data-cart-count]");

function show(count) {
  const badge = link?.querySelector("[data-count]");
  if (!badge || !Number.isInteger(count)) return;
  badge.textContent = count > 0 ? (count > 99 ? "99+" : count) : "";
  link.querySelector("[data-count-unit]").textContent = count === 1 ? " item" : count > 1 ? " items" : ", empty";
}

async function load() {
  try {
    const reply = await fetch("/cart/count/", { headers: { Accept: "application/json" } });
    if (reply.ok) show((await reply.json()).count);
  } catch { /* offline: the link still leads to the cart */ }
}

document.addEventListener("cart:changed", (event) => {
  if (event.detail && "count" in event.detail) show(Number(event.detail.count));
  else load();
});
if (link?.dataset.cartCount) load();
