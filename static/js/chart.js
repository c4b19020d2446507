// The chart of a promotion's results: what the server drew as SVG is drawn again by uPlot,
// with a cursor that follows mouse, finger and arrow keys and says the values in the words
// of the page. Without this script the drawing and the table below it tell the same.
(() => {
  const load = (tag, set) =>
    new Promise((done, failed) => {
      const el = Object.assign(document.createElement(tag), set);
      el.onload = done;
      el.onerror = failed;
      document.head.append(el);
    });
  let plot; // uPlot is fetched once, where there is a chart
  const ready = (box) => (plot ??= Promise.all([load("link", { rel: "stylesheet", href: box.dataset.sheet }), load("script", { src: box.dataset.plot })]));

  const paint = (box, name, what) => {
    const el = box.querySelector("svg ." + name);
    return el ? getComputedStyle(el)[what] : "";
  };

  // clear makes a colour see-through, for surfaces.
  const clear = (colour) => {
    const n = colour.match(/[\d.]+/g) || ["128", "128", "128"];
    return `rgba(${n[0]},${n[1]},${n[2]},.18)`;
  };

  function draw(box, at) {
    const d = JSON.parse(box.dataset.chart);
    const lang = document.documentElement.lang || "en";
    const ink = getComputedStyle(box).color;
    const line = paint(box, "lf-grid", "stroke") || "rgba(128,128,128,.3)";
    const width = () => Math.max(240, box.clientWidth);
    const days = new Intl.DateTimeFormat(lang, { day: "numeric", month: "short", timeZone: "UTC" });
    const whole = new Intl.NumberFormat(lang, { notation: "compact" });
    const font = "12px " + getComputedStyle(box).fontFamily;
    const base = paint(box, "lf-base", "stroke") || ink;
    const step = d.x.length > 1 ? (d.x[1] - d.x[0]) / 2 : 0;
    const holder = document.createElement("div");
    holder.className = "lf-u";
    holder.tabIndex = 0;
    const set = (n, v) => holder.setAttribute(n, v);
    set("role", "slider");
    set("aria-label", box.dataset.label);
    set("aria-valuemin", 0);
    set("aria-valuemax", d.x.length - 1);
    const say = document.createElement("p");
    say.className = "small lf-at";
    const told = (i) => {
      if (i == null) return;
      at = i;
      say.textContent = d.say[i];
      set("aria-valuenow", i);
      set("aria-valuetext", d.say[i]);
    };
    const window_ = (u) => {
      u.ctx.save();
      u.ctx.fillStyle = paint(box, "lf-win", "fill") || "rgba(200,150,50,.15)";
      d.win.forEach((on, i) => {
        if (!on) return;
        const a = u.valToPos(d.x[i] - step, "x", true);
        const b = u.valToPos(d.x[i] + step, "x", true);
        u.ctx.fillRect(a, u.bbox.top, b - a, u.bbox.height);
      });
      u.ctx.restore();
    };
    const u = new uPlot(
      {
        width: width(),
        height: 260,
        legend: { show: false },
        cursor: { y: false, drag: { setScale: false, x: false, y: false } },
        scales: { x: { time: true, range: [d.x[0] - step, d.x[d.x.length - 1] + step] }, y: { range: (_, lo, hi) => [Math.min(0, lo), hi * 1.05 || 1] } },
        tzDate: (t) => uPlot.tzDate(new Date(t * 1000), "UTC"),
        axes: [
          { stroke: ink, font, grid: { show: false }, ticks: { stroke: line }, values: (_, all) => all.map((t) => days.format(new Date(t * 1000))) },
          { stroke: ink, font, size: 56, grid: { stroke: line, width: 1 }, ticks: { show: false }, values: (_, all) => all.map((n) => whole.format(n)) },
        ],
        bands: [{ series: [4, 5], fill: clear(base) }],
        series: [
          {},
          { fill: paint(box, "lf-bar", "fill"), paths: uPlot.paths.bars({ size: [0.66, 40] }), points: { show: false } },
          { stroke: paint(box, "lf-sold", "stroke") || ink, width: 2, points: { show: false } },
          { stroke: base, width: 2, dash: [6, 4], points: { show: false } },
          { stroke: "transparent", points: { show: false } },
          { stroke: "transparent", points: { show: false } },
        ],
        hooks: { drawClear: [window_], setCursor: [(c) => told(c.cursor.idx)] },
      },
      [d.x, d.in, d.sold, d.base, d.high, d.low],
      holder,
    );
    const move = (i) => {
      i = Math.max(0, Math.min(d.x.length - 1, i));
      u.setCursor({ left: u.valToPos(d.x[i], "x"), top: 0 }, false);
      told(i);
    };
    holder.addEventListener("keydown", (e) => {
      const to = { ArrowLeft: at - 1, ArrowDown: at - 1, ArrowRight: at + 1, ArrowUp: at + 1, Home: 0, End: d.x.length - 1 }[e.key];
      if (to === undefined) return;
      e.preventDefault();
      move(to);
    });
    holder.addEventListener("pointerdown", (e) => move(u.posToIdx(e.clientX - u.over.getBoundingClientRect().left)));
    box.append(holder, say);
    box.classList.add("on");
    const size = new ResizeObserver(() => {
      if (!box.isConnected) return size.disconnect();
      if (u.width !== width()) u.setSize({ width: width(), height: 260 });
    });
    size.observe(box);
    move(at ?? Math.max(0, d.win.lastIndexOf(true)));
    return () => {
      size.disconnect();
      u.destroy();
      holder.remove();
      say.remove();
      return at;
    };
  }

  async function all() {
    for (const box of document.querySelectorAll("[data-chart]:not([data-drawn])")) {
      box.dataset.drawn = "";
      try {
        await ready(box);
      } catch {
        return; // the drawing of the server stays
      }
      let undo = draw(box);
      const again = () => {
        if (box.isConnected) undo = draw(box, undo());
      };
      matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
      new MutationObserver(again).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme", "data-bs-theme", "style"] });
    }
  }
  if (window.drawCharts) return window.drawCharts(); // the page was swapped in, and this with it
  window.drawCharts = all;
  document.addEventListener("htmx:afterSwap", all);
  all();
})();
