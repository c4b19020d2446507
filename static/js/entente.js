// Behaviour of the shell, for every page: theme, palette, keys, dialogs, toasts, htmx errors, clocks.
// Everything works without it; it only spares a page load. No inline code, no eval, no text of its own: words come from <template>s and data attributes.
(function () {
  "use strict";
  const root = document.documentElement;
  const one = (sel, from) => (from || document).querySelector(sel);
  const all = (sel, from) => Array.from((from || document).querySelectorAll(sel));
  const prefix = () => document.body.dataset.prefix || "";
  const mac = /Mac|iPhone|iPad/.test(navigator.platform);

  // ── Theme ──
  const isDark = () => {
    const set = root.getAttribute("data-bs-theme");
    return set ? set === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  };
  document.addEventListener("submit", (e) => {
    const form = e.target;
    if (!form.matches("[data-theme-toggle]")) return;
    e.preventDefault();
    const next = isDark() ? "light" : "dark";
    form.elements.theme.value = next;
    root.setAttribute("data-bs-theme", next);
    fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), headers: { "X-CSRF-Token": document.body.dataset.csrf || "" }, redirect: "manual" }).catch(() => toast("toast-offline"));
  });

  // ── Toasts ──
  const dismiss = (el) => el.remove();
  const arm = (el) => {
    if (el.dataset.toast === "go") setTimeout(dismiss, 10000, el);
  };
  function toast(template, again) {
    const source = document.getElementById(template), place = document.getElementById("toasts");
    if (!source || !place) return;
    all("[data-from='" + template + "']", place).forEach(dismiss);
    const el = source.content.firstElementChild.cloneNode(true);
    el.dataset.from = template;
    const button = one("[data-again]", el);
    if (button) {
      if (again) button.addEventListener("click", () => { dismiss(el); again(); });
      else button.remove();
    }
    place.append(el);
    arm(el);
  }
  window.addEventListener("DOMContentLoaded", () => all("[data-toast]").forEach(arm));

  // ── One listener for what is clicked ──
  document.addEventListener("click", (e) => {
    const hit = (sel) => e.target.closest(sel);
    let el;
    if ((el = hit("[data-toast-close]"))) dismiss(el.closest("[data-toast]"));
    else if ((el = hit("[data-print]"))) window.print();
    else if ((el = hit("[data-copy]"))) copy(el);
    else if ((el = hit("a[data-copy-link]")) && navigator.clipboard) {
      e.preventDefault();
      navigator.clipboard.writeText(el.href).then(() => { one("span", el).textContent = el.dataset.done; }, () => location.assign(el.href));
    }
    else if ((el = hit("[data-palette]")) && !e.ctrlKey && !e.metaKey && !e.shiftKey && openPalette()) e.preventDefault();
    else if ((el = hit("dialog")) && e.target === el && el.id !== "signedout") el.close();
    all("details.e-menu[open]").forEach((d) => { if (!d.contains(e.target)) d.open = false; });
  });

  function copy(button) {
    const field = document.getElementById(button.dataset.copy);
    field.select();
    const said = () => { one("span", button).textContent = button.dataset.done; };
    if (navigator.clipboard) navigator.clipboard.writeText(field.value).then(said, () => {});
    else if (document.execCommand("copy")) said();
  }

  // ── Questions before something leaves or ends ──
  document.addEventListener("submit", (e) => {
    const form = e.target, box = document.getElementById("ask");
    if (!form.dataset.confirm || form.dataset.sure || !box) return;
    e.preventDefault();
    one("[data-ask-title]", box).textContent = form.dataset.confirm;
    one("[data-ask-text]", box).textContent = form.dataset.confirmText || "";
    const yes = one("[data-ask-yes]", box);
    yes.textContent = form.dataset.confirmButton;
    yes.onclick = () => { form.dataset.sure = "1"; box.close(); form.requestSubmit(); };
    box.showModal();
  });

  // A form that leaves the page is sent once.
  document.addEventListener("submit", (e) => {
    const form = e.target;
    if (e.defaultPrevented || form.method !== "post" || form.hasAttribute("hx-post")) return;
    const button = e.submitter;
    if (button) setTimeout(() => { button.setAttribute("aria-busy", "true"); button.disabled = true; }, 0);
  });
  window.addEventListener("pageshow", () => all("[aria-busy=true]").forEach((b) => { b.removeAttribute("aria-busy"); b.disabled = false; }));

  // ── Palette ──
  function openPalette() {
    const box = document.getElementById("palette");
    if (!box) return false;
    if (!box.open) box.showModal();
    const input = one("input[type=search]", box);
    input.focus();
    input.select();
    return true;
  }
  document.addEventListener("keydown", (e) => {
    const box = document.getElementById("palette");
    if (!box || !box.open || (e.key !== "ArrowDown" && e.key !== "ArrowUp" && e.key !== "Enter")) return;
    const hits = all("[data-hit]", box), at = hits.findIndex((h) => h.classList.contains("on"));
    if (e.key === "Enter") {
      if (at >= 0) { e.preventDefault(); hits[at].click(); }
      return;
    }
    if (!hits.length) return;
    e.preventDefault();
    const next = (at + (e.key === "ArrowDown" ? 1 : -1) + hits.length) % hits.length;
    hits.forEach((h, i) => h.classList.toggle("on", i === next));
    hits[next].scrollIntoView({ block: "nearest" });
  });

  // ── Keys ──
  const typing = (el) => el && (el.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(el.tagName));
  const places = { h: "/", o: "/orders", c: "/rooms", m: "/edi", p: "/partners", i: "/inbox" };
  let went = 0, row = -1, pin = -1;
  document.addEventListener("keydown", (e) => {
    if ((e.metaKey || e.ctrlKey) && !e.shiftKey && !e.altKey && e.key.toLowerCase() === "k") {
      if (openPalette()) e.preventDefault();
      return;
    }
    if (e.metaKey || e.ctrlKey || e.altKey || typing(e.target) || one("dialog[open]")) return;
    const key = e.key.toLowerCase();
    if (Date.now() - went < 1200 && places[key] && prefix()) {
      went = 0;
      const link = one('.e-rail a[href="' + CSS.escape(prefix() + places[key]).replace(/\\\//g, "/").replace(/\\-/g, "-") + '"]');
      if (link) { e.preventDefault(); link.click(); }
      return;
    }
    switch (e.key) {
      case "?": { const box = document.getElementById("keys"); if (box) { e.preventDefault(); box.showModal(); } break; }
      case "g": case "G": went = Date.now(); break;
      case "j": case "k": move(e.key === "j" ? 1 : -1); break;
      case "Enter": { const rows = all("[data-row]"), link = rows[row] && one("a[href]", rows[row]); if (link && document.activeElement === document.body) link.click(); break; }
      case "x": { const rows = all("[data-row]"), box = rows[row] && one("[data-pick]", rows[row]); if (box) { e.preventDefault(); box.click(); } break; }
      case "X": { const whole = one("[data-pick-all]"); if (whole) { e.preventDefault(); whole.click(); } break; }
      case "a": case "d": { const act = one("#drawer [data-key=" + e.key + "]"); if (act) { e.preventDefault(); act.click(); } break; }
      case "m": { const moves = row >= 0 && one("[data-moves]", all("[data-row]")[row] || document.body); if (moves) { e.preventDefault(); openMoves(moves); } break; }
      case "ArrowLeft": case "ArrowRight": if (one("[data-board]") && across(e.key === "ArrowRight" ? 1 : -1)) e.preventDefault(); break;
      case "ArrowUp": case "ArrowDown": if (one("[data-board]") && row >= 0) { e.preventDefault(); move(e.key === "ArrowDown" ? 1 : -1); } break;
      case "Escape": { const menu = one("details[data-moves][open]"); if (menu) { menu.open = false; one("summary", menu).focus(); } break; }
      case "c": { const act = one("[data-key=c]"); if (act && !act.disabled) { e.preventDefault(); act.click(); } break; }
      case "r": { const say = one("[data-composer] textarea"); if (say) { e.preventDefault(); say.focus(); } break; }
      case "[": case "]": finding(e.key === "]" ? 1 : -1); break;
    }
  });
  function move(by) {
    const rows = all("[data-row]");
    if (!rows.length) return;
    row = Math.max(0, Math.min(rows.length - 1, row + by));
    rows.forEach((r, i) => r.classList.toggle("cur", i === row));
    rows[row].scrollIntoView({ block: "nearest" });
    const link = one("a[href]", rows[row]);
    if (link) link.focus({ preventScroll: true });
  }

  // ── Board: arrows go to the next column, M opens the moves of a card, a card may be dragged ──
  function across(by) {
    const rows = all("[data-row]"), columns = all("[data-column]");
    let at = rows[row] ? columns.indexOf(rows[row].closest("[data-column]")) : by > 0 ? -1 : columns.length;
    for (at += by; columns[at]; at += by) {
      const first = one("[data-row]", columns[at]);
      if (first) { row = rows.indexOf(first); move(0); return true; }
    }
    return false;
  }
  function openMoves(moves) {
    all("details[data-moves][open]").forEach((d) => { d.open = d === moves; });
    moves.open = true;
    const first = one(".o", moves);
    if (first) first.focus();
  }
  let dragged = null;
  document.addEventListener("dragstart", (e) => {
    dragged = e.target.closest && e.target.closest("[data-board] [draggable=true]");
    if (dragged) { dragged.classList.add("lift"); e.dataTransfer.effectAllowed = "move"; e.dataTransfer.setData("text/plain", ""); }
  });
  const goals = (column) => (dragged && column ? all("form[data-to='" + CSS.escape(column.dataset.column) + "']", dragged) : []);
  document.addEventListener("dragover", (e) => { if (dragged && goals(e.target.closest("[data-column]")).length) e.preventDefault(); });
  document.addEventListener("drop", (e) => {
    const forms = goals(e.target.closest("[data-column]"));
    if (!forms.length) return;
    e.preventDefault();
    if (forms.length === 1) forms[0].requestSubmit(one("button", forms[0])); // else a person says which
    else openMoves(one("[data-moves]", dragged));
  });
  document.addEventListener("dragend", () => { if (dragged) dragged.classList.remove("lift"); dragged = null; });

  // ── Drawer: on wide screens a row opens beside the list; elsewhere its link is the page ──
  const wide = () => matchMedia("(min-width:901px)").matches;
  function drawer(url, then) {
    if (!window.htmx || !document.getElementById("drawer")) return false;
    htmx.ajax("GET", url, { target: "#drawer", swap: "outerHTML" }).then(then || (() => {}));
    history.replaceState(history.state, "", url);
    return true;
  }
  document.addEventListener("click", (e) => {
    if (e.ctrlKey || e.metaKey || e.shiftKey || e.button) return;
    const link = e.target.closest("[data-drawer]"), close = e.target.closest("[data-drawer-close]");
    if (link && wide() && drawer(link.dataset.drawer, () => { const h = one("#drawer h2"); if (h) h.focus({ preventScroll: true }); })) {
      e.preventDefault();
      all("[data-row]").forEach((r) => r.classList.toggle("open", r.contains(link)));
    } else if (close && drawer(close.href)) {
      e.preventDefault();
      const was = one("[data-row].open a[href]");
      all("[data-row].open").forEach((r) => r.classList.remove("open"));
      if (was) was.focus({ preventScroll: true });
    }
  });
  document.addEventListener("change", (e) => {
    if (!e.target.matches("[data-pick-all]")) return;
    all("[data-pick]").forEach((b) => { b.checked = e.target.checked; });
  });
  // A tick for all of a kind: it sets those below it, and shows when only some of them are set.
  const ticks = (group) => {
    const whole = group.querySelector("[data-picks-all]"), each = [...group.querySelectorAll("input[type=checkbox][name]")], on = each.filter((b) => b.checked).length;
    whole.hidden = whole.parentElement.hidden = false;
    whole.checked = on === each.length;
    whole.indeterminate = on > 0 && on < each.length;
  };
  document.addEventListener("change", (e) => {
    const group = e.target.closest("[data-picks]");
    if (!group) return;
    if (e.target.matches("[data-picks-all]")) group.querySelectorAll("input[type=checkbox][name]").forEach((b) => { b.checked = e.target.checked; });
    all("[data-picks]").forEach(ticks);
  });
  const picks = () => all("[data-picks]").forEach(ticks);
  window.addEventListener("DOMContentLoaded", picks);
  document.addEventListener("htmx:afterSettle", picks);
  function finding(by) {
    const pins = all(".pin");
    if (!pins.length) return;
    pin = (pin + by + pins.length) % pins.length;
    location.hash = pins[pin].id;
  }
  window.addEventListener("DOMContentLoaded", () => { if (!mac) all("kbd[data-mod]").forEach((k) => { k.textContent = "Ctrl K"; }); });

  // ── Clocks: the words beside a countdown, once a minute; at zero the page asks for the row again ──
  const short = (ms) => {
    const lang = root.lang, min = Math.floor(Math.abs(ms) / 60000), d = Math.floor(min / 1440), h = Math.floor((min % 1440) / 60), m = min % 60;
    const unit = (n, u) => new Intl.NumberFormat(lang, { style: "unit", unit: u, unitDisplay: lang.startsWith("zh") ? "long" : "narrow" }).format(n);
    if (d) return h ? unit(d, "day") + " " + unit(h, "hour") : unit(d, "day");
    return h ? unit(h, "hour") + " " + unit(m, "minute") : unit(m, "minute");
  };
  setInterval(() => all("time[data-left]").forEach((t) => {
    const ms = new Date(t.dateTime) - Date.now();
    if (ms <= 0 && !t.dataset.over) { t.dataset.over = "1"; refresh([t.closest("[data-refresh]")]); }
    else if (ms > 0 && t.dataset.words) t.textContent = t.dataset.words.replace("{left}", short(ms));
  }), 60000);

  // ── Live: a message names what changed; the page is asked once for all its parts that show it ──
  const busy = (el) => (el.contains(document.activeElement) && typing(document.activeElement)) || one("[data-pick]:checked", el);
  function refresh(parts) {
    const pages = new Map();
    parts.filter((el) => el && el.id && !busy(el)).forEach((el) => {
      const url = new URL(el.dataset.refresh || location.href, location.href).href;
      pages.set(url, (pages.get(url) || []).concat(el));
    });
    pages.forEach((els, url) => fetch(url, { headers: { Accept: "text/html" }, cache: "no-store" }).then((r) => (r.ok && !r.redirected ? r.text() : "")).then((text) => {
      const page = new DOMParser().parseFromString(text, "text/html"), acts = document.getElementById("acts");
      (acts && new URL(url).pathname === location.pathname ? els.concat(acts) : els).forEach((el) => {
        const fresh = page.getElementById(el.id);
        if (!fresh || !el.isConnected || busy(el)) return;
        const had = el.contains(document.activeElement) && document.activeElement.getAttribute("href");
        const part = document.adoptNode(fresh);
        el.replaceWith(part);
        if (window.htmx) htmx.process(part);
        const link = had && one('a[href="' + CSS.escape(had) + '"]', part);
        if (link) link.focus({ preventScroll: true });
      });
    }).catch(() => {}));
  }
  // What the bell shows, asked once for a burst of notices.
  let counting = 0;
  const countSoon = () => {
    clearTimeout(counting);
    counting = setTimeout(() => fetch(document.body.dataset.prefix + "/inbox/count", { headers: { Accept: "application/json" } }).then((r) => (r.ok ? r.json() : null)).then((n) => {
      if (n) all('[data-count="inbox"]').forEach((el) => { el.textContent = n.text; el.hidden = !n.unread; el.classList.toggle("bad", n.urgent > 0); });
    }).catch(() => {}), 300);
  };
  const changed = new Set();
  let waiting = 0;
  document.addEventListener("entente:changed", (e) => {
    if (e.detail && e.detail.object === "notice") countSoon();
    changed.add((e.detail && e.detail.object) || "");
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      refresh(all("[data-refresh][data-objects]").filter((el) => el.dataset.objects.split(" ").some((o) => changed.has(o))));
      changed.clear();
    }, 300);
  });

  // ── Order answer: only the fields that belong to the chosen action ──
  const suit = (part) => {
    const action = one("[data-action]", part);
    if (action) all("[data-when]", part).forEach((f) => f.classList.toggle("is-off", f.dataset.when !== action.value));
  };
  const suitAll = (from) => all(".e-part", from).forEach(suit);
  document.addEventListener("change", (e) => { const part = e.target.closest(".e-part"); if (part) suit(part); });
  window.addEventListener("DOMContentLoaded", () => suitAll(document));

  // ── Focus ──
  const focusNew = (el) => { const f = el && el.querySelector && (one("[role=alert][data-focus]", el) || one("[data-focus]", el)); if (f) f.focus(); };
  window.addEventListener("DOMContentLoaded", () => focusNew(document.getElementById("main")));
  window.addEventListener("DOMContentLoaded", () => all("[data-log-scroll]:not([data-placed])").forEach((l) => { l.scrollTop = l.scrollHeight; }));

  // ── Notices on this device ──
  const pushForms = () => all("form[data-push]").forEach((f) => {
    const word = (name) => all("[data-push-word]", f).forEach((p) => { p.hidden = p.dataset.pushWord !== name; });
    if (!window.isSecureContext) return word("insecure");
    if (!("serviceWorker" in navigator) || !("PushManager" in window)) return word("unsupported");
    one("button", f).hidden = false;
  });
  window.addEventListener("DOMContentLoaded", pushForms);
  document.addEventListener("htmx:afterSwap", pushForms);
  document.addEventListener("submit", async (e) => {
    const f = e.target.closest && e.target.closest("form[data-push]");
    if (!f) return;
    e.preventDefault();
    try {
      if ((await Notification.requestPermission()) !== "granted") throw new Error("denied");
      const raw = atob(f.dataset.push.replace(/-/g, "+").replace(/_/g, "/"));
      const at = await navigator.serviceWorker.register(f.dataset.worker);
      for (let i = 0; !at.active && i < 50; i++) await new Promise((done) => setTimeout(done, 100));
      const key = Uint8Array.from(raw, (c) => c.charCodeAt(0));
      const had = await at.pushManager.getSubscription();
      if (had) await had.unsubscribe(); // perhaps for another server's key
      const sub = (await at.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key })).toJSON();
      f.elements.endpoint.value = sub.endpoint;
      f.elements.p256dh.value = sub.keys.p256dh;
      f.elements.auth.value = sub.keys.auth;
      f.submit();
    } catch {
      one("[data-push-word=denied]", f).hidden = false;
    }
  });

  // ── htmx ──
  document.addEventListener("htmx:afterSwap", (e) => {
    row = -1;
    suitAll(document);
    if (e.detail.target && e.detail.target.id === "work") focusNew(document.getElementById("work"));
  });
  const repeat = (e) => {
    const path = e.detail.requestConfig, el = e.detail.elt;
    if (!path || !el || !el.isConnected) return null;
    return () => (el.matches("form") ? el.requestSubmit() : el.click());
  };
  document.addEventListener("htmx:responseError", (e) => {
    const status = e.detail.xhr.status;
    if (status === 401) {
      const box = document.getElementById("signedout");
      if (box && !box.open) box.showModal();
    } else if (status === 409) toast("toast-conflict");
    else if (status === 403 || status === 404 || status === 410) toast("toast-missing");
    else if (status === 429) toast("toast-slow");
    else toast("toast-failed", repeat(e));
  });
  document.addEventListener("htmx:sendError", (e) => toast("toast-offline", repeat(e)));
  document.addEventListener("htmx:timeout", (e) => toast("toast-offline", repeat(e)));

  // ── Inspector: the place chosen in one view is chosen in all; arrows move it ──
  const insp = one("[data-inspect]");
  if (insp) {
    const pane = () => one("[data-pane]:not([hidden])", insp);
    const links = (p) => all("[data-at]", p);
    all("[data-pane] [data-at]", insp).forEach((a) => { a.tabIndex = -1; });
    const choose = (at, from, show) => {
      const seg = at.split(".")[0];
      all("[data-at]", insp).forEach((a) => {
        const on = a.dataset.at === at, row = a.closest("tr");
        if (row) row.classList.toggle("on", on); else a.classList.toggle("on", on);
        if (on) a.setAttribute("aria-current", "true"); else a.removeAttribute("aria-current");
      });
      all("[data-seg]", insp).forEach((s) => {
        const on = s.dataset.seg === seg;
        s.classList.toggle("sel", on);
        if (on) s.setAttribute("aria-current", "true"); else s.removeAttribute("aria-current");
      });
      const said = document.getElementById("said"), told = one('[data-pane=tree] [data-seg="' + CSS.escape(seg) + '"]', insp);
      if (said && told && from !== said) said.replaceChildren(...[...told.cloneNode(true).children]);
      const url = new URL(location.href);
      url.searchParams.set("at", at);
      url.searchParams.set("view", pane().dataset.pane);
      history.replaceState(history.state, "", url);
      all("[data-view], [data-keep]", insp).forEach((a) => {
        const u = new URL(a.href);
        u.searchParams.set("at", at);
        if (!a.dataset.view) u.searchParams.set("view", pane().dataset.pane);
        a.href = u.pathname + u.search;
      });
      if (show) reveal(at);
    };
    const reveal = (at) => {
      const p = pane(), a = links(p).find((x) => x.dataset.at === at) || one('[data-seg="' + CSS.escape(at.split(".")[0]) + '"]', p);
      if (a) a.scrollIntoView({ block: "nearest" });
    };
    const chosen = () => { const on = one('[data-pane=tree] [aria-current][data-at]', insp) || one('[data-pane=tree] .sel [data-at]', insp); return on ? on.dataset.at : ""; };
    insp.addEventListener("click", (e) => {
      if (e.metaKey || e.ctrlKey || e.shiftKey || e.button) return;
      const a = e.target.closest("[data-at]"), to = e.target.closest("[data-view]");
      if (to) {
        e.preventDefault();
        const at = chosen();
        all("[data-view]", insp).forEach((x) => { x.classList.toggle("on", x === to); if (x === to) x.setAttribute("aria-current", "true"); else x.removeAttribute("aria-current"); });
        all("[data-pane]", insp).forEach((p) => { p.hidden = p.dataset.pane !== to.dataset.view; });
        if (at) choose(at, null, true);
      } else if (a) {
        e.preventDefault();
        choose(a.dataset.at, a.closest("#said"), true);
        if (a.closest("[data-pane]")) pane().focus({ preventScroll: true });
      }
    });
    insp.addEventListener("keydown", (e) => {
      if (!e.target.closest("[data-pane]") || e.metaKey || e.ctrlKey || e.altKey) return;
      const p = pane(), list = links(p), now = chosen(), seg = now.split(".")[0];
      const segs = [...new Set(list.map((a) => a.dataset.at.split(".")[0]))];
      let next = "";
      if (e.key === "ArrowLeft" || e.key === "ArrowRight") {
        const i = list.findIndex((a) => a.dataset.at === now), by = e.key === "ArrowRight" ? 1 : -1;
        for (let j = i + by; list[j] && !next; j += by) if (list[j].dataset.at !== now) next = list[j].dataset.at;
      } else if (e.key === "ArrowUp" || e.key === "ArrowDown") {
        next = segs[segs.indexOf(seg) + (e.key === "ArrowDown" ? 1 : -1)] || "";
        const on = !next && one(e.key === "ArrowDown" ? "[data-later]" : "[data-earlier]", insp);
        if (on) { e.preventDefault(); on.click(); return; }
      } else if (e.key === "Home") next = segs[0];
      else if (e.key === "End") next = segs[segs.length - 1];
      else return;
      e.preventDefault();
      e.stopPropagation();
      if (next) choose(next, null, true);
    });
    if (chosen()) reveal(chosen());
  }
})();
