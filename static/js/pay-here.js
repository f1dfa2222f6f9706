// Shows the provider's payment fields and confirms the payment; the provider leads on from there.
const form = document.getElementById("pay-here");
const problem = document.getElementById("pay-problem");
const button = form.querySelector("button");

function tell(message) {
  problem.textContent = message;
  button.disabled = false;
}

async function show() {
  const provider = window.Stripe(form.dataset.key);
  const checkout = await provider.initCheckoutElementsSdk({ clientSecret: form.dataset.secret });
  checkout.createPaymentElement().mount("#pay-fields");
  const loaded = await checkout.loadActions();
  if (loaded.type === "error") throw new Error(loaded.error.message);
  return loaded.actions;
}

const ready = show().catch(() => {
  tell("The payment fields could not be loaded. Please load this page again.");
});

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  button.disabled = true;
  problem.textContent = "";
  const actions = await ready;
  if (!actions) return;
  const result = await actions.confirm();
  if (result.type === "error") tell(result.error.message);
});
