((frame) => {
  const root = frame.contentDocument.documentElement;
  // The nearest background that is painted says whether the notebook is light or dark.
  const paint = () => {
    let [box, color] = [frame, [255, 255, 255]];
    for (; box; box = box.parentElement) {
      const found = getComputedStyle(box).backgroundColor.match(/[\d.]+/g).map(Number);
      if (found.length < 4 || found[3] > 0) { color = found; break; }
    }
    const theme = 0.3 * color[0] + 0.6 * color[1] + 0.1 * color[2] < 128 ? "dark" : "light";
    if (root.dataset.theme !== theme) root.dataset.theme = theme;
  };
  const fit = () => { frame.style.height = `${Math.min(root.querySelector("body").scrollHeight + 8, 900)}px`; };
  frame.contentDocument.getElementById("theme").hidden = true;
  paint();
  fit();
  new ResizeObserver(fit).observe(root.querySelector("main"));
  for (const box of [document.documentElement, document.body]) new MutationObserver(paint).observe(box, { attributes: true });
})(this)
