"use strict";
(() => {
  const root = document.documentElement;
  const views = [...document.querySelectorAll(".view")];
  const index = document.getElementById("all");
  const byId = (id) => document.getElementById(id);

  // The address says what is shown: a view, something in a view, or the filters of the index.
  function show() {
    const hash = decodeURIComponent(location.hash.slice(1));
    const target = hash && !hash.startsWith("?") ? byId(hash) : null;
    const view = target?.closest(".view") ?? index ?? views[0];
    for (const each of views) each.classList.toggle("shown", each === view);
    showCut(view);
    if (view === index && (hash.startsWith("?") || !target)) readFilters(hash);
    if (!target || target === view) {
      scrollTo(0, 0);
      if (target && view !== index) view.querySelector("h2").focus({ preventScroll: true });
    } else {
      for (let box = target.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
      target.scrollIntoView({ block: "center" });
    }
  }

  // A picture that is wider than its frame starts at the cut, and says that there is more of it.
  function showCut(view) {
    const frame = view.querySelector(".flow .scroll");
    if (!frame) return;
    const wide = frame.scrollWidth > frame.clientWidth + 1;
    frame.classList.toggle("overflows", wide);
    view.querySelector(".flow .more-there").hidden = !wide;
    const cut = frame.querySelector(".station.cut") ?? frame.querySelector(".station.lost");
    if (!wide || !cut || frame.dataset.placed) return;
    frame.dataset.placed = "yes";
    const [box, around] = [cut.getBoundingClientRect(), frame.getBoundingClientRect()];
    frame.scrollLeft += box.left + box.width / 2 - around.left - around.width / 2;
  }
  addEventListener("resize", () => { for (const view of document.querySelectorAll(".view.shown")) showCut(view); });

  const theme = byId("theme");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme ?? (dark.matches ? "dark" : "light")) === "dark";
  const nameTheme = () => { theme.textContent = isDark() ? "Light" : "Dark"; };
  theme.hidden = false;
  theme.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    nameTheme();
  });
  dark.addEventListener("change", nameTheme);
  nameTheme();

  // A station of the picture and its line of source point at each other.
  const point = (on) => (event) => {
    const link = event.target.closest?.(".picture a, .row");
    if (!link) return;
    const view = link.closest(".view");
    const id = link.id || decodeURIComponent(link.getAttribute("href").slice(1));
    byId(id)?.classList.toggle("pointed", on);
    for (const other of view.querySelectorAll(".picture a")) {
      if (decodeURIComponent(other.getAttribute("href").slice(1)) === id) other.classList.toggle("pointed", on);
    }
  };
  for (const [name, on] of [["pointerover", true], ["pointerout", false], ["focusin", true], ["focusout", false]]) {
    document.addEventListener(name, point(on));
  }

  let readFilters = () => {};
  let rows = [];
  if (index) {
    const form = index.querySelector("form");
    const [query, rule, shown] = ["query", "rule", "shown"].map(byId);
    const boxes = [...form.querySelectorAll("[name=severity]")];
    const body = index.querySelector("tbody");
    const heads = [...index.querySelectorAll("th[data-sort]")];
    let sorted = null;
    rows = [...body.rows];
    const texts = new Map(rows.map((row) => [row, `${row.textContent} ${row.dataset.words}`.toLowerCase()]));
    form.hidden = false;
    document.querySelector(".keys").hidden = false;

    function filter() {
      const words = query.value.toLowerCase().split(/\s+/).filter(Boolean);
      const wanted = boxes.filter((box) => box.checked).map((box) => box.value);
      let count = 0;
      for (const row of rows) {
        const has = (name, value) => row.dataset[name].split(" ").includes(value);
        const fits = words.every((word) => texts.get(row).includes(word))
          && (!rule.value || has("rules", rule.value))
          && (!wanted.length || wanted.some((value) => has("severities", value)));
        row.hidden = !fits;
        count += fits;
      }
      shown.textContent = `${count} of ${rows.length} layers`;
      index.querySelector(".nothing").hidden = count > 0;
    }

    function writeFilters() {
      const said = new URLSearchParams();
      if (query.value) said.set("q", query.value);
      if (rule.value) said.set("rule", rule.value);
      for (const box of boxes) if (box.checked) said.append("severity", box.value);
      if (sorted) said.set("sort", `${sorted.down ? "-" : ""}${sorted.head.textContent.toLowerCase()}`);
      history.replaceState(null, "", `#${said.size ? "?" : ""}${said}`);
      filter();
    }

    readFilters = (hash) => {
      if (hash.startsWith("?")) {
        const said = new URLSearchParams(location.hash.slice(2));
        query.value = said.get("q") ?? "";
        rule.value = said.get("rule") ?? "";
        for (const box of boxes) box.checked = said.getAll("severity").includes(box.value);
        const order = said.get("sort");
        const head = heads.find((each) => each.textContent.toLowerCase() === order?.replace(/^-/, ""));
        if (head) sort(head, order.startsWith("-"));
      }
      filter();
    };

    form.addEventListener("input", writeFilters);
    form.addEventListener("submit", (event) => event.preventDefault());

    function sort(head, down) {
      sorted = { head, down };
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const value = (row) => row.cells[head.cellIndex].dataset.value;
      const order = head.dataset.sort === "number"
        ? (a, b) => value(a) - value(b)
        : (a, b) => value(a).localeCompare(value(b));
      rows.sort((a, b) => (down ? -order(a, b) : order(a, b)));
      body.append(...rows);
    }

    for (const head of heads) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent;
      head.replaceChildren(button);
      button.addEventListener("click", () => {
        sort(head, head.getAttribute("aria-sort") === "ascending");
        writeFilters();
      });
    }
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !index) return;
    const typing = event.target.matches("input[type=search], select");
    if (event.key === "Escape") {
      if (typing) event.target.blur();
      else location.hash = "#all";
    } else if (!typing && event.key === "/") {
      event.preventDefault();
      location.hash = "#all";
      show();
      byId("query").focus();
    } else if (!typing && (event.key === "j" || event.key === "k")) {
      move(event.key === "j" ? 1 : -1);
    }
  });

  function move(step) {
    const view = document.querySelector(".view.shown");
    if (view !== index) {
      view.querySelector(step > 0 ? "nav [rel=next]" : "nav [rel=prev]")?.click();
      return;
    }
    const links = rows.filter((row) => !row.hidden).map((row) => row.querySelector("a"));
    const at = links.indexOf(document.activeElement);
    links[Math.min(Math.max(at + step, 0), links.length - 1)]?.focus();
  }

  addEventListener("hashchange", show);
  show();
})();
