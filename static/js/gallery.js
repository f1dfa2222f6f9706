// Thumbnails change the large picture, and it opens in a dialog. Without this they are links.
function setup(gallery) {
  const stage = gallery.querySelector("[data-stage]");
  const thumbs = [...gallery.querySelectorAll("[data-thumb]")];
  const dialog = gallery.querySelector("dialog");
  const large = gallery.querySelector("[data-large-image]");
  const count = gallery.querySelector("[data-count]");
  let current = 0;

  function show(index) {
    if (!thumbs.length) return;
    current = (index + thumbs.length) % thumbs.length;
    const thumb = thumbs[current];
    for (const source of stage.querySelectorAll("source")) source.remove();
    const image = stage.querySelector("img");
    image.srcset = thumb.dataset.srcset;
    image.src = thumb.dataset.src;
    image.alt = thumb.dataset.alt;
    stage.href = thumb.dataset.large;
    for (const other of thumbs) other.removeAttribute("aria-current");
    thumb.setAttribute("aria-current", "true");
    if (dialog.open) enlarge();
  }

  function enlarge() {
    large.src = stage.href;
    large.alt = stage.querySelector("img").alt;
    if (count) count.textContent = `${current + 1} of ${thumbs.length}`;
  }

  gallery.addEventListener("click", (event) => {
    const plain = !(event.metaKey || event.ctrlKey || event.shiftKey);
    const thumb = event.target.closest("[data-thumb]");
    const step = event.target.closest("[data-step]");
    if (thumb && plain) {
      event.preventDefault();
      show(thumbs.indexOf(thumb));
    } else if (event.target.closest("[data-stage]") && plain) {
      event.preventDefault();
      enlarge();
      dialog.showModal();
    } else if (step) {
      show(current + Number(step.dataset.step));
    }
  });
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "ArrowLeft") show(current - 1);
    if (event.key === "ArrowRight") show(current + 1);
  });
  document.addEventListener("variant:changed", (event) => {
    const index = thumbs.findIndex((thumb) => thumb.dataset.key === String(event.detail.image));
    if (event.detail.image && index >= 0) show(index);
  });
}

for (const gallery of document.querySelectorAll("[data-gallery]")) setup(gallery);
