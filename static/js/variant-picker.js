// Price, stock, button, picture and address follow the chosen options.
// Variants come as JSON: [{sku, values: {axis: value}, price, minor, compare, terms, state, label, image, max}].
function setup(picker) {
  const variants = JSON.parse(document.getElementById(picker.dataset.variantPicker).textContent);
  const scope = document.getElementById(picker.dataset.target) ?? picker.closest("form") ?? document;
  const radios = [...picker.querySelectorAll("[data-axis]")];
  const axes = [...new Set(radios.map((radio) => radio.dataset.axis))];
  const find = (selector) => scope.querySelector(selector);

  const chosen = () => Object.fromEntries(
    radios.filter((radio) => radio.checked).map((radio) => [radio.dataset.axis, radio.value]),
  );
  const matching = (wanted) => variants.filter(
    (variant) => Object.entries(wanted).every(([axis, value]) => variant.values[axis] === value),
  );

  function markOptions(values) {
    for (const radio of radios) {
      const others = Object.fromEntries(Object.entries(values).filter(([axis]) => axis !== radio.dataset.axis));
      const found = matching({ ...others, [radio.dataset.axis]: radio.value });
      const out = !found.some((variant) => variant.state !== "out");
      const low = !out && found.every((variant) => variant.state !== "in" && variant.state !== "preorder");
      const option = radio.closest(".option");
      option.classList.toggle("option--out", out);
      option.querySelector("[data-note]").textContent = low ? "few left" : "";
      option.querySelector("[data-out]").textContent = out ? ", out of stock" : "";
    }
    for (const fieldset of picker.querySelectorAll("fieldset")) {
      const radio = fieldset.querySelector(":checked");
      const face = radio?.nextElementSibling.cloneNode(true);
      for (const extra of face?.querySelectorAll("[data-note], [data-out]") ?? []) extra.remove();
      fieldset.querySelector("[data-chosen]").textContent = face?.textContent.trim() ?? "";
    }
  }

  function showPrice(variant, from = false) {
    const price = find(".price");
    if (!price) return;
    price.querySelector(".price__from")?.remove();
    if (from) {
      const word = document.createElement("span");
      word.className = "price__from";
      word.textContent = "from";
      price.prepend(word, " ");
    }
    price.querySelector(".price__now").textContent = variant.price;
    price.classList.toggle("price--reduced", Boolean(variant.compare));
    showTerms(variant);
    price.querySelector(".price__was")?.remove();
    if (!variant.compare) return;
    const was = document.createElement("s");
    const word = document.createElement("span");
    was.className = "price__was";
    word.className = "visually-hidden";
    word.textContent = "was ";
    was.append(word, variant.compare);
    price.append(" ", was);
  }

  // Whose price it is, what reduces it, and what several cost.
  function showTerms(variant) {
    const lines = (variant.terms ?? []).map(({ badge, text }) => {
      const line = document.createElement("p");
      if (badge) {
        const mark = document.createElement("span");
        mark.className = "badge badge--sale";
        mark.textContent = badge;
        line.append(mark, " ");
      }
      line.append(text);
      return line;
    });
    const list = find("[data-terms]");
    if (!list) return;
    list.replaceChildren(...lines);
    list.hidden = !lines.length;
  }

  function showStock(variant) {
    const state = find("[data-stock-state]");
    if (state) {
      state.className = `stock-state stock-state--${variant.state}`;
      state.querySelector("[data-stock-label]").textContent = variant.label;
    }
    const out = variant.state === "out";
    for (const element of scope.querySelectorAll("[data-when-available]")) element.hidden = out;
    for (const element of scope.querySelectorAll("[data-when-out]")) element.hidden = !out;
    const quantity = find("[data-quantity] input");
    if (quantity && variant.max) {
      quantity.max = variant.max;
      if (Number(quantity.value) > variant.max) quantity.value = variant.max;
      quantity.dispatchEvent(new Event("change", { bubbles: true }));
    }
  }

  // Some axes are still open: show what all that is left has in common.
  function showOpen(left) {
    const sellable = left.filter((variant) => variant.state !== "out");
    const candidates = sellable.length ? sellable : left;
    const cheapest = candidates.reduce((least, variant) => (variant.minor < least.minor ? variant : least));
    showPrice(cheapest, candidates.some((variant) => variant.minor !== cheapest.minor));
    const state = ["in", "preorder", "low", "out"].find((name) => left.some((variant) => variant.state === name));
    const words = { in: "In stock", preorder: "Available to order", low: "Low stock", out: "Out of stock" };
    showStock({ state, label: words[state], max: Math.max(...candidates.map((variant) => variant.max)) });
    if (left.every((variant) => variant.image === left[0].image)) {
      document.dispatchEvent(new CustomEvent("variant:changed", { detail: left[0] }));
    }
  }

  function update() {
    const values = chosen();
    markOptions(values);
    const exact = axes.every((axis) => axis in values) ? matching(values)[0] : undefined;
    picker.querySelector("[data-sku]").value = exact?.sku ?? "";
    if (!exact) {
      const left = matching(values);
      if (left.length) showOpen(left);
      else showStock({ state: "out", label: "This combination is not made" });
      return;
    }
    showPrice(exact);
    showStock(exact);
    const address = new URL(location.href);
    address.searchParams.set("sku", exact.sku);
    history.replaceState(history.state, "", address);
    picker.querySelector("[data-announce]").textContent = `${exact.price}, ${exact.label}`;
    document.dispatchEvent(new CustomEvent("variant:changed", { detail: exact }));
  }

  picker.addEventListener("change", update);
  markOptions(chosen());
}

for (const picker of document.querySelectorAll("[data-variant-picker]")) setup(picker);
