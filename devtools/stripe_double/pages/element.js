// Stands in for the provider's script: the same calls, with a plain field inside.
window.Stripe = () => ({
  async initCheckoutElementsSdk({ clientSecret }) {
    let input;
    return {
      createPaymentElement: () => ({
        mount(selector) {
          const label = document.createElement("label");
          label.textContent = "Card number ";
          input = document.createElement("input");
          input.name = "card";
          input.className = "input";
          input.autocomplete = "off";
          label.append(input);
          document.querySelector(selector).replaceChildren(label);
        },
      }),
      async loadActions() {
        const confirm = async () => {
          const reply = await fetch(`$BASE/c/element/${clientSecret}`, {
            method: "POST",
            body: new URLSearchParams({ card: input.value }),
          });
          const answer = await reply.json();
          if (answer.error) return { type: "error", error: { message: answer.error } };
          window.location.assign(answer.leads_to);
          return { type: "success" };
        };
        return { type: "success", actions: { confirm } };
      },
    };
  },
});
