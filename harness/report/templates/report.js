"use strict";
// Crosshair, zoom and series of the charts over time. Without it the page is whole: every number
// stands in the table beside its chart, and that is where this reads them.
function begin(kept) {
  const charts = [...document.querySelectorAll("figure.chart")].map(chart);
  const length = Math.max(...charts.map((c) => c.length), 1);
  const view = kept?.zoomed ? { from: kept.from, to: kept.to } : { from: 0, to: length };

  function make(tag, css, parent, text) {
    const made = document.createElement(tag);
    if (css) made.className = css;
    if (text) made.textContent = text;
    parent.append(made);
    return made;
  }

  function chart(figure) {
    const panes = [...figure.querySelectorAll(".pane")];
    const rows = [...figure.querySelectorAll("details tbody tr")].map((row) =>
      [...row.cells].map((cell) => cell.textContent));
    const heads = [...figure.querySelectorAll("details thead th")].map((th) => th.textContent);
    const tools = document.createElement("div");
    tools.className = "tools";
    figure.querySelector(".frame").before(tools);
    const read = make("output", "read", figure.querySelector(".frame"));
    const made = {
      figure, panes, rows, heads, read, tools, at: 0,
      starts: rows.map((row) => parseFloat(row[0].replaceAll(",", ""))),
      length: parseFloat(figure.dataset.length),
      lines: panes.map((pane) => make("div", "cross", pane)),
    };
    made.lines.forEach((line) => { line.hidden = true; });
    return made;
  }

  function left(t) { return 100 * (t - view.from) / (view.to - view.from); }

  function nice(value) {
    const power = 10 ** Math.floor(Math.log10(value));
    return power * [1, 2, 4, 5, 10].find((step) => power * step >= value * 0.999999);
  }

  function label(t) {
    const round = Math.round(t * 1000) / 1000;
    if (round < 120 || round % 60) return round + " s";
    return round < 7200 ? round / 60 + " min" : round / 3600 + " h";
  }

  function draw() {
    for (const c of charts) {
      const x = 1000 * view.from / c.length, wide = 1000 * (view.to - view.from) / c.length;
      for (const pane of c.panes) {
        pane.querySelector("svg").setAttribute("viewBox", `${x} 0 ${wide} 100`);
      }
      for (const span of c.figure.querySelectorAll("[data-from]")) {
        const from = Math.max(view.from, +span.dataset.from);
        const to = Math.min(view.to, +span.dataset.to);
        span.hidden = to <= from && +span.dataset.to > +span.dataset.from;
        span.style.left = left(from) + "%";
        span.style.width = Math.max(0.2, left(to) - left(from)) + "%";
      }
      for (const flag of c.figure.querySelectorAll("[data-at]")) {
        flag.hidden = +flag.dataset.at < view.from || +flag.dataset.at > view.to;
        flag.style.left = left(+flag.dataset.at) + "%";
      }
      const axis = c.figure.querySelector(".x");
      axis.replaceChildren();
      const step = nice((view.to - view.from) / 10);
      for (let n = Math.ceil(view.from / step - 1e-9), odd = 0; n * step <= view.to + 1e-9; n += 1) {
        make("span", odd % 2 ? "odd" : "", axis, label(n * step)).style.left = left(n * step) + "%";
        odd += 1;
      }
      c.lines.forEach((line) => { line.hidden = true; });
      c.read.textContent = "";
    }
  }

  function zoom(from, to) {
    const least = length / 200;
    view.from = Math.max(0, Math.min(from, length - least));
    view.to = Math.min(length, Math.max(to, view.from + least));
    draw();
  }

  function show(c, number) {
    if (!c.rows.length) return;
    c.at = Math.max(0, Math.min(c.rows.length - 1, number));
    const next = c.starts[c.at + 1] ?? c.length;
    const middle = (c.starts[c.at] + next) / 2;
    c.read.textContent = `${c.heads[0]} ${c.rows[c.at][0]}: ` +
      c.rows[c.at].slice(1).map((text, n) => `${c.heads[n + 1]} ${text}`).join(" · ");
    c.lines.forEach((line) => {
      line.hidden = middle < view.from || middle > view.to;
      line.style.left = left(middle) + "%";
    });
  }

  function slice(c, t) {
    let low = 0;
    while (low + 1 < c.starts.length && c.starts[low + 1] <= t) low += 1;
    return low;
  }

  function time(pane, event) {
    const box = pane.getBoundingClientRect();
    const share = Math.max(0, Math.min(1, (event.clientX - box.left) / box.width));
    return view.from + share * (view.to - view.from);
  }

  function listen(c, pane) {
    let begun = null, zone = null;
    pane.addEventListener("pointerdown", (event) => {
      if (event.pointerType !== "mouse" || event.button) return;
      begun = time(pane, event);
      pane.setPointerCapture(event.pointerId);
    });
    pane.addEventListener("pointermove", (event) => {
      const t = time(pane, event);
      show(c, slice(c, t));
      if (begun === null) return;
      zone ??= make("div", "zone", pane);
      zone.style.left = left(Math.min(t, begun)) + "%";
      zone.style.width = Math.abs(left(t) - left(begun)) + "%";
    });
    pane.addEventListener("pointerup", (event) => {
      const t = time(pane, event);
      if (begun !== null && zone && Math.abs(left(t) - left(begun)) > 1) {
        zoom(Math.min(t, begun), Math.max(t, begun));
      }
      zone?.remove();
      begun = zone = null;
    });
    pane.addEventListener("dblclick", () => zoom(0, length));
    pane.addEventListener("pointerleave", () => {
      c.lines.forEach((line) => { line.hidden = true; });
    });
  }

  function keys(c, event) {
    const middle = (c.starts[c.at] ?? 0), half = (view.to - view.from) / 2;
    const acts = {
      ArrowLeft: () => show(c, c.at - 1), ArrowRight: () => show(c, c.at + 1),
      Home: () => show(c, 0), End: () => show(c, c.rows.length - 1),
      "+": () => zoom(middle - half / 2, middle + half / 2),
      "-": () => zoom(middle - half * 2, middle + half * 2),
      Escape: () => zoom(0, length),
    };
    if (!acts[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    acts[event.key]();
    if (event.key === "+" || event.key === "-") show(c, c.at);
  }

  function button(parent, text, act) {
    const made = make("button", "", parent, text);
    made.type = "button";
    made.addEventListener("click", act);
    return made;
  }

  function toggles(c) {
    for (const item of c.figure.querySelectorAll(".legend li")) {
      const name = item.dataset.series, made = document.createElement("button");
      made.type = "button";
      made.append(...item.childNodes);
      made.setAttribute("aria-pressed", "true");
      made.addEventListener("click", () => {
        const on = made.getAttribute("aria-pressed") === "false";
        made.setAttribute("aria-pressed", String(on));
        for (const shape of c.figure.querySelectorAll(`.pane .${name}`)) {
          shape.classList.toggle("off", !on);
        }
      });
      item.append(made);
    }
  }

  for (const c of charts) {
    const fault = c.figure.querySelector(".lane .fault[data-from]") ??
      document.querySelector(".lane .fault[data-from]");
    if (fault) {
      button(c.tools, "Zoom to the fault", () => {
        const from = +fault.dataset.from, to = +fault.dataset.to, pad = (to - from) / 4 + 0.5;
        zoom(from - pad, to + pad);
      });
    }
    button(c.tools, "Whole run", () => zoom(0, length));
    make("span", "muted", c.tools, "Drag to zoom; with the keyboard: arrows, + and -, Esc");
    const frame = c.figure.querySelector(".frame");
    frame.tabIndex = 0;
    frame.setAttribute("role", "group");
    frame.setAttribute("aria-label", "Chart; arrow keys read its values");
    frame.addEventListener("keydown", (event) => keys(c, event));
    c.read.setAttribute("aria-live", "polite");
    c.panes.forEach((pane) => listen(c, pane));
    toggles(c);
  }
  if (charts.length) draw();
  for (const id of kept?.open ?? []) document.getElementById(id)?.setAttribute("open", "");
  for (const button of document.querySelectorAll(".legend button")) {
    if (kept?.off.includes(where(button))) button.click();
  }
  return () => ({
    ...view,
    zoomed: view.from > 0 || view.to < length,
    open: [...document.querySelectorAll("details[open][id]")].map((one) => one.id),
    off: [...document.querySelectorAll(".legend [aria-pressed=false]")].map(where),
  });
}

function where(button) {
  return button.closest("figure").getAttribute("aria-labelledby") + button.textContent;
}

// While a run goes on, its server pushes each new page; what the reader has opened, hidden and
// zoomed into stays so.
let keep = begin();
if (document.body.dataset.events) {
  const source = new EventSource(document.body.dataset.events);
  const take = (event) => {
    const next = new DOMParser().parseFromString(JSON.parse(event.data), "text/html");
    const kept = keep();
    document.title = next.title;
    document.querySelector("main").replaceWith(next.querySelector("main"));
    document.querySelector("header").replaceWith(next.querySelector("header"));
    keep = begin(kept);
  };
  source.addEventListener("page", take);
  source.addEventListener("over", (event) => { take(event); source.close(); });
  source.addEventListener("error", () => source.close());
}
