// Live rooms: one WebSocket per page (/live, by the session cookie), shared by
// every room panel on it. The page works without this file: history is plain
// HTML and the composer posts as a form. Text of people is only ever set as
// textContent. Frames: see the outside contract, section 4.
//
// Markup: [data-room] with data-after, data-me, data-epoch, data-crowd holds ol.e-log,
// [data-composer], [data-presence], [data-typing], [data-seen] and the templates
// data-msg, data-evt, data-gone, data-day. Elsewhere: [data-unread-room=ID], [data-live].
//
// Events on document: entente:changed {object, id}, entente:live {state},
// entente:signedout, entente:joined {room}, entente:call (a frame of a call). To send a
// frame: entente:send.

const prefix = document.body.dataset.prefix || "";
const slug = decodeURIComponent((prefix.match(/^\/c\/([^/]+)/) || [])[1] || "");
const lang = document.documentElement.lang || "en";
const locale = lang === "en" ? "en-GB" : lang;
const clock = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const dayName = new Intl.DateTimeFormat(locale, { weekday: "long", day: "numeric", month: "long" });
const say = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));
const newKey = () => (crypto.randomUUID ? crypto.randomUUID() : Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join(""));
const later = (fn, ms) => window.setTimeout(fn, ms);

// The same letters and colours as the pages (portal/view).
function initials(name) {
  const t = name.trim();
  if (!t) return "?";
  const first = [...t][0];
  if (first.codePointAt(0) > 0x2e7f) return first;
  const words = t.split(/\s+/);
  return (first + (words.length > 1 ? [...words[1]][0] : "")).toUpperCase();
}
function hue(name) {
  let sum = 2166136261;
  for (const b of new TextEncoder().encode(name)) sum = Math.imul(sum ^ b, 16777619) >>> 0;
  return "abcdefgh"[(sum >>> 28) % 8];
}

// ---- unread counts, anywhere on the page

const seen = new Map(); // room → latest number known
function showUnread(room, change) {
  for (const el of document.querySelectorAll(`[data-unread-room="${CSS.escape(room)}"]`)) {
    const n = Math.max(0, change(parseInt(el.textContent, 10) || 0, el));
    el.textContent = String(n);
    el.hidden = n === 0;
    el.closest(".room")?.classList.toggle("un", n > 0);
  }
}

// ---- the connection

const live = {
  ws: null, tries: 0, failed: 0, told: 0, opened: false, stopped: false, since: 0, timer: 0, silent: 0, last: 0,

  send(frame) {
    if (this.ws?.readyState !== WebSocket.OPEN) return false;
    this.ws.send(JSON.stringify(frame));
    return true;
  },

  connect() {
    if (this.ws || this.stopped) return;
    window.clearTimeout(this.timer);
    const url = new URL("/live", location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    if (slug) url.searchParams.set("c", slug);
    let open = false;
    const ws = (this.ws = new WebSocket(url));
    ws.onopen = () => {
      open = true;
      this.tries = this.failed = 0;
      this.opened = true;
      this.last = Date.now();
      this.show("live");
      for (const p of panels) p.join();
    };
    ws.onmessage = (m) => {
      this.last = Date.now();
      let f = null;
      try { f = JSON.parse(m.data); } catch { return; }
      if (f) receive(f);
    };
    ws.onclose = (e) => {
      if (this.ws !== ws) return;
      this.ws = null;
      for (const p of panels) p.cut();
      this.closed(e.code, open);
    };
  },

  // What a close code asks for is listed in the server's chat/hub.
  closed(code, open) {
    if (code === 4001) return signedOut();
    if ([1003, 1009, 4030].includes(code)) {
      this.stopped = true;
      return this.show("down");
    }
    if (!open && ++this.failed % 3 === 2) askSignedIn();
    const base = code === 4029 ? 60000 : Math.min(30000, 500 * 2 ** this.tries++);
    this.show(navigator.onLine === false || this.tries > 5 ? "down" : "wait");
    this.timer = later(() => this.connect(), base / 2 + Math.random() * base);
  },

  // now tries at once, when the line or the page comes back.
  now() {
    if (this.stopped) return;
    if (this.ws) return this.beat();
    this.tries = 0;
    this.connect();
  },

  // beat finds a line that died without a word.
  beat() {
    if (!this.send({ type: "ping" })) return;
    const asked = Date.now();
    later(() => {
      if (this.ws && this.last < asked) {
        const ws = this.ws;
        ws.onclose = null;
        this.ws = null;
        ws.close();
        for (const p of panels) p.cut();
        this.closed(1006, true);
      }
    }, 10000);
  },

  show(state) {
    if (state === "live") this.since = 0;
    else this.since ||= Date.now();
    document.documentElement.dataset.live = state;
    window.clearTimeout(this.told);
    const tell = () => { for (const el of document.querySelectorAll("[data-offline]")) el.hidden = state === "live"; };
    if (state === "wait") this.told = later(tell, 1500); // most lines are back before anybody reads this
    else tell();
    for (const el of document.querySelectorAll("[data-live]")) {
      el.dataset.state = state;
      const dot = el.querySelector(".dot");
      dot?.classList.toggle("green", state === "live");
      dot?.classList.toggle("amber", state === "wait");
      dot?.classList.toggle("red", state === "down");
      const words = { live: el.dataset.wordLive, wait: el.dataset.wordWait, down: `${el.dataset.wordDown || ""} ${clock.format(this.since || Date.now())}` };
      const text = el.querySelector("[data-live-text]");
      if (text && text.textContent !== words[state]) text.textContent = words[state] || "";
    }
    say("entente:live", { state });
  },
};

function signedOut() {
  live.stopped = true;
  live.show("down");
  say("entente:signedout");
  const d = document.getElementById("signedout");
  if (d?.showModal && !d.open) d.showModal();
}

// A refused handshake tells a page nothing: ask in the ordinary way.
async function askSignedIn() {
  try {
    const r = await fetch(location.href, { method: "HEAD", redirect: "manual", cache: "no-store" });
    if (r.type === "opaqueredirect" || r.status === 401) signedOut();
  } catch { /* no line either: the retries go on */ }
}

function receive(f) {
  if (String(f.type).startsWith("call.") || f.type === "error" && (f.reason === "room.left" || String(f.key).startsWith("call:"))) say("entente:call", f); // call.js
  switch (f.type) {
    case "changed":
      if (f.object === "room" && f.seq) hinted(f.id, f.seq);
      for (const p of panels) p.recard(`${f.object}:${f.id}`);
      say("entente:changed", { object: f.object, id: f.id });
      return;
    case "read":
      showUnread(f.room, (n, el) => {
        el.dataset.read = String(Math.max(f.seq, Number(el.dataset.read) || 0));
        return f.seq >= (seen.get(f.room) || 0) ? 0 : n;
      });
      return;
    case "posted":
      for (const p of panels) p.posted(f);
      return;
    case "error":
      for (const p of panels) if (!f.room || f.room === p.room) p.error(f);
      return;
  }
  for (const p of panels) if (p.room === f.room) p.receive(f);
}

// hinted: a room somewhere has a new latest number. What is unread lies between it
// and the read mark, so a hint that comes late or twice counts nothing wrongly.
function hinted(room, seq) {
  const before = seen.get(room);
  seen.set(room, Math.max(seq, before || 0));
  for (const p of panels) if (p.room === room && p.attended()) return;
  const more = Math.max(0, before ? seq - before : 1);
  showUnread(room, (n, el) => (el.dataset.read ? Math.max(n, seq - Number(el.dataset.read)) : n + more));
}

// renewed: a room that a panel is live in has a new line, of which no hint comes. Lists
// that show the room are asked anew, at most twice a second.
const news = new Set();
function renewed(room) {
  if (news.has(room)) return;
  news.add(room);
  later(() => {
    news.delete(room);
    say("entente:changed", { object: "room", id: room });
  }, 500);
}

// ---- a room panel

const panels = new Set();
const waitAnswer = 20000; // after that a message counts as not sent

class Panel {
  constructor(el) {
    this.el = el;
    this.room = el.dataset.room;
    this.me = el.dataset.me;
    this.epoch = el.dataset.epoch;
    this.seq = parseInt(el.dataset.after, 10) || 0;
    this.marked = parseInt(el.dataset.read, 10) || 0;
    this.log = el.querySelector("ol.e-log") || el.querySelector("[role=log]");
    this.scroll = el.querySelector("[data-log-scroll]") || this.log;
    this.words = el.querySelector("[data-typing]");
    this.waiting = new Map(); // key → {text, li, timer}
    this.typists = new Map(); // person → {name, timer}
    this.joined = false;
    this.typedAt = 0;
    seen.set(this.room, Math.max(this.seq, seen.get(this.room) || 0));
    this.past = el.hasAttribute("data-past"); // shows a part of long ago: what comes now is not put under it
    this.url = el.dataset.url || `${prefix}/rooms/${encodeURIComponent(this.room)}`;
    this.crowd = [];
    try { this.crowd = JSON.parse(el.dataset.crowd || "[]"); } catch { /* a page without it */ }
    this.pane = el.parentElement?.querySelector("aside[data-thread]") || null; // one message with its answers
    this.root = Number(this.pane?.dataset.thread) || 0;
    this.answers = this.pane?.querySelector("[data-thread-log]") || null;
    this.compose(el.querySelector("form[data-composer]"), 0);
    this.compose(this.pane?.querySelector("form[data-answer]"), this.root);
    this.reactions(this.log);
    if (this.pane) this.reactions(this.pane);
    const at = el.dataset.atSeq && this.log.querySelector(`li[data-seq="${CSS.escape(el.dataset.atSeq)}"]`);
    const fresh = this.log.querySelector("li.new");
    if (at) at.scrollIntoView({ block: "center" });
    else if (fresh && this.scroll) this.scroll.scrollTop += fresh.getBoundingClientRect().top - this.scroll.getBoundingClientRect().top; // as far as there is anything below
    else this.toEnd();
    if (this.scroll) this.scroll.dataset.placed = "";
    if (this.pane) this.toAnswersEnd();
    this.restore();
    this.scroll?.addEventListener("scroll", () => this.read(), { passive: true });
    this.join();
  }

  join() {
    this.joined = false;
    live.send({ type: "join", room: this.room, after: this.seq });
  }

  cut() {
    this.joined = false;
    for (const id of [...this.typists.keys()]) this.stopTyping(id);
    for (const w of this.waiting.values()) window.clearTimeout(w.timer);
  }

  receive(f) {
    switch (f.type) {
      case "joined":
        this.joined = true;
        say("entente:joined", { room: this.room });
        if (this.epoch && f.epoch !== this.epoch) this.reload(f);
        this.epoch = f.epoch;
        for (const [key, w] of this.waiting) this.post(key, w);
        if (f.seq <= this.seq) this.read();
        return;
      case "reload": return void this.reload(f);
      case "message": case "event": return this.add(f);
      case "presence": return this.presence(f.online || []);
      case "typing": return this.typing(f.from);
      case "seen": return this.seen(f);
    }
  }

  // reload takes the history from the page itself: more was missing than the
  // socket replays.
  async reload(f) {
    this.seq = f.seq;
    try {
      const r = await fetch(`${prefix}/rooms/${encodeURIComponent(this.room)}`, { headers: { Accept: "text/html" }, cache: "no-store" });
      if (!r.ok) return;
      const page = new DOMParser().parseFromString(await r.text(), "text/html");
      const fresh = page.querySelector(`[data-room="${CSS.escape(this.room)}"]`);
      const log = fresh?.querySelector("ol.e-log");
      if (!log) return;
      const newer = [...this.log.children].filter((li) => +li.dataset.seq > +fresh.dataset.after || li.dataset.key);
      this.log.replaceChildren(...[...log.children].map((n) => document.adoptNode(n)), ...newer);
      this.seq = Math.max(this.seq, +fresh.dataset.after || 0);
      this.toEnd();
      this.read();
    } catch { /* the next join asks again */ }
  }

  add(f) {
    if (f.seq <= this.seq) return this.settle(f);
    if (f.seq > this.seq + 1 && this.hole !== this.seq) { // ask once for what is missing
      this.hole = this.seq;
      return this.join();
    }
    const end = this.atEnd();
    const mine = f.from?.id === this.me;
    this.seq = f.seq;
    seen.set(this.room, Math.max(f.seq, seen.get(this.room) || 0));
    if (f.type === "event" && f.target && String(f.kind).startsWith("message.")) {
      this.act(f, mine);
      if (this.attended()) this.read();
      return;
    }
    if (f.from) this.stopTyping(f.from.id);
    renewed(this.room);
    if (this.past) {
      if (!mine && !this.attended()) showUnread(this.room, (n) => n + 1);
      if (mine && this.waiting.has(f.key)) this.done(f.key);
      if (f.type === "message" && f.thread) this.answered(f, this.line(f, mine), mine);
      return;
    }
    const li = this.line(f, mine);
    this.day(f.at);
    const w = mine && this.waiting.get(f.key);
    if (w) this.done(f.key);
    this.log.insertBefore(li, this.log.querySelector("li[data-key]"));
    this.el.querySelector("[data-room-empty]")?.remove();
    if (f.type === "message" && f.thread) this.answered(f, li, mine);
    if (mine) this.showSeen();
    if (end || mine && !f.thread) this.toEnd();
    if (this.attended()) this.read();
    else if (!mine) showUnread(this.room, (n) => n + 1);
  }

  // answered counts an answer at what it answers, and puts it into the open pane.
  answered(f, li, mine) {
    const root = this.log.querySelector(`li.msg[data-seq="${Number(f.thread)}"]`);
    if (root) this.count(root.querySelector("[data-answers]"));
    if (!this.answers || f.thread !== this.root) return;
    const copy = li.cloneNode(true);
    copy.removeAttribute("id");
    copy.querySelector("[data-answers]")?.remove();
    this.answers.insertBefore(copy, this.answers.querySelector("li[data-key]"));
    this.count(this.pane.querySelector(".day[data-answers]"));
    if (mine) this.toAnswersEnd();
  }

  count(el) {
    if (!el) return;
    const n = (Number(el.dataset.answers) || 0) + 1;
    el.dataset.answers = n;
    el.textContent = n === 1 ? el.dataset.wordOne : el.dataset.wordTwo.replace("2", String(n));
    el.hidden = false;
  }

  toAnswersEnd() {
    const box = this.answers?.closest(".e-log-wrap");
    if (box && this.answers.children.length) box.scrollTop = box.scrollHeight;
  }

  // shown are the lines of a message: in the log, and in the pane.
  shown(seq) {
    const sel = `li.msg[data-seq="${Number(seq)}"]`;
    return [this.log.querySelector(sel), this.pane?.querySelector(sel)].filter(Boolean);
  }

  line(f, mine) {
    const kind = f.removed ? "gone" : f.type === "event" ? "evt" : "msg";
    const li = this.el.querySelector(`template[data-${kind}]`).content.firstElementChild.cloneNode(true);
    if (f.seq) li.dataset.seq = f.seq;
    const set = (sel, text) => { const n = li.querySelector(sel); if (n) n.textContent = text; };
    const text = li.querySelector("[data-text]");
    if (text && f.type === "event") text.textContent = f.text || "";
    else if (text) this.say(text, f.text || "", f.mentions);
    if (f.seq && f.type === "message") {
      li.id = `m${f.seq}`;
      const more = li.querySelector("[data-more]");
      if (more) more.href = `${this.url}?m=${f.seq}`;
      const answers = li.querySelector("[data-answers]");
      if (answers) answers.href = `${this.url}?m=${f.seq}`;
      const edited = li.querySelector("[data-edited]");
      if (edited) edited.hidden = !f.edited;
      const mail = li.querySelector("[data-bymail]");
      if (mail) mail.hidden = f.via !== "mail";
      const bot = li.querySelector("[data-bot]");
      if (bot) bot.hidden = f.via !== "bot";
      this.files(li.querySelector("[data-files]"), f.files);
      this.cards(f.seq, f.text);
      if (f.thread) this.quote(li, f.thread);
    } else li.querySelector("[data-more]")?.remove();
    const time = li.querySelector("[data-at]");
    if (time && f.at) {
      time.dateTime = f.at;
      time.textContent = clock.format(new Date(f.at));
    }
    if (f.from) {
      set("[data-name]", f.from.name);
      set("[data-org]", f.from.org === slug ? "" : f.from.company || f.from.org);
      const av = li.querySelector("[data-avatar]");
      av?.classList.add(hue(f.from.name));
      set("[data-avatar]", initials(f.from.name));
      li.classList.toggle("mine", mine);
    }
    return li;
  }

  // say sets what a person wrote: text, links of two schemes only, names of people
  // where the server finds them (chat/room Namings).
  say(box, text, named) {
    box.replaceChildren();
    const names = (named || []).map((m) => m.name).sort((a, b) => b.length - a.length);
    const word = /[\p{L}\p{N}]/u, han = /\p{Script=Han}/u;
    const same = (a, b) => a.localeCompare(b, undefined, { sensitivity: "accent" }) === 0;
    const ends = (name, next) => !next || !word.test(next) || han.test([...name].pop());
    const plain = (s) => {
      let from = 0;
      for (let at = s.indexOf("@"); at >= 0; at = s.indexOf("@", at + 1)) {
        const before = [...s.slice(Math.max(0, at - 2), at)].pop() || "";
        if (at < from || word.test(before) && !han.test(before)) continue;
        const name = names.find((n) => n && same(s.slice(at + 1, at + 1 + n.length), n) && ends(n, [...s.slice(at + 1 + n.length, at + 3 + n.length)][0]));
        if (!name) continue;
        if (at > from) box.append(s.slice(from, at));
        from = at + 1 + name.length;
        box.append(Object.assign(document.createElement("span"), { className: "mention", textContent: s.slice(at, from) }));
      }
      if (from < s.length) box.append(s.slice(from));
    };
    let last = 0;
    for (const m of text.matchAll(/https?:\/\/[^\s<>"'，。；：！？、（）《》]+/g)) {
      const url = m[0].replace(/[.,;:!?)\]}]+$/, "");
      if (!URL.canParse(url) || /^https?:\/\/[^/?#]*[@\\]|[\p{Cf}\p{Cc}]/u.test(url)) continue; // as the server does
      plain(text.slice(last, m.index));
      box.append(Object.assign(document.createElement("a"), { href: url, rel: "nofollow noopener noreferrer", textContent: url }));
      last = m.index + url.length;
    }
    plain(text.slice(last));
  }

  files(box, list) {
    for (const f of (box && list) || []) {
      const href = `${this.url}/files/${encodeURIComponent(f.id)}`;
      const a = this.el.querySelector("template[data-file]").content.firstElementChild.cloneNode(true);
      a.href = href;
      if (/^image\/(png|jpeg|gif|webp)$/.test(f.type)) {
        a.className = "e-shot";
        a.replaceChildren(Object.assign(document.createElement("img"), { src: `${href}?show=1`, alt: f.name, loading: "lazy" }));
      } else {
        a.querySelector("span").textContent = f.name;
        if (/^application\/(edi-x12|edifact)$/i.test(f.type)) a.href = `${href}/inspect`;
        if (f.type === "application/pdf") Object.assign(a, { href: `${href}?show=1`, target: "_blank", rel: "noopener" });
      }
      box.append(a);
    }
  }

  // cards asks for those of a message: what it links to, as this reader may see it. The
  // frame cannot bring them, for it is the same for everybody in the room. Without a text it
  // asks whatever the message says.
  cards(seq, text) {
    if (text !== undefined && !text.includes(`//${location.host}/c/`)) return;
    this.asking ||= new Set();
    this.asking.add(Number(seq));
    if (this.asking.size > 1) return;
    later(async () => {
      const seqs = [...this.asking];
      this.asking.clear();
      try {
        for (let i = 0; i < seqs.length; i += 100) {
          const r = await fetch(`${this.url}/cards?m=${seqs.slice(i, i + 100).join(",")}`, { headers: { Accept: "text/html" }, cache: "no-store" });
          if (!r.ok) return;
          const page = new DOMParser().parseFromString(await r.text(), "text/html");
          for (const of of page.querySelectorAll("[data-of]")) this.showCards(of);
        }
      } catch { /* the next page has them */ }
    }, 250);
  }

  showCards(of) {
    const end = this.atEnd();
    for (const li of this.shown(of.dataset.of)) {
      const focused = li.contains(document.activeElement) && document.activeElement.dataset.card;
      li.querySelector("[data-cards]")?.replaceChildren(...[...of.children].map((n) => document.importNode(n, true)));
      if (focused) li.querySelector(`[data-card="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
    }
    if (end) this.toEnd();
  }

  // recard asks anew for the cards of an object that changed.
  recard(key) {
    for (const card of document.querySelectorAll(`[data-card="${CSS.escape(key)}"]`)) {
      const li = card.closest("li[data-seq]");
      if (li && (this.log.contains(li) || this.pane?.contains(li))) this.cards(li.dataset.seq);
    }
  }

  quote(li, seq) {
    const root = this.log.querySelector(`li.msg[data-seq="${Number(seq)}"]`);
    const a = li.querySelector("[data-quote]");
    if (!a) return;
    a.href = `${this.url}?m=${seq}`;
    a.hidden = !root;
    if (root) a.querySelector("span").textContent = this.snippet(root);
  }

  // snippet is the beginning of a shown message on one line, as the page writes it.
  snippet(li) {
    const said = li.querySelector("[data-text]");
    const text = (said?.textContent || li.querySelector("[data-gone-text]")?.textContent || "").split(/\s+/).join(" ").trim();
    return `${li.querySelector("[data-name]")?.textContent || ""}: ${[...text].length > 120 ? [...text].slice(0, 120).join("") + "…" : text}`;
  }

  // requote writes anew what answers quote of a message that was changed or removed.
  requote(seq, text) {
    for (const a of this.log.querySelectorAll("[data-quote]")) {
      if (new URL(a.href, location).searchParams.get("m") === String(seq)) a.querySelector("span").textContent = text;
    }
  }

  // act applies what was done to a message that is on the page.
  act(f, mine) {
    if (f.kind === "message.pinned" || f.kind === "message.unpinned") this.pins();
    for (const li of this.shown(f.target)) this.apply(li, f, mine);
    if (f.kind === "message.removed") this.showSeen();
  }

  apply(li, f, mine) {
    switch (f.kind) {
      case "message.edited": {
        const text = li.querySelector("[data-text]");
        if (text) this.say(text, f.body || "", f.mentions);
        this.cards(f.target);
        const edited = li.querySelector("[data-edited]");
        if (edited) edited.hidden = false;
        return this.requote(f.target, this.snippet(li));
      }
      case "message.removed": {
        const gone = this.el.querySelector("template[data-gone]").content.firstElementChild.cloneNode(true);
        gone.dataset.seq = f.target;
        const word = gone.querySelector("[data-gone-text]");
        const name = li.querySelector("[data-name]")?.textContent || "";
        this.requote(f.target, `${name}: ${word?.textContent || ""}`);
        if (f.from && word?.dataset.wordBy) word.textContent = word.dataset.wordBy.replace("{name}", () => f.from.name);
        if (this.pane?.contains(li) && f.target === this.root) for (const el of this.pane.querySelectorAll("[data-deeds], [data-answer], details")) el.remove();
        return li.replaceWith(gone);
      }
      case "message.pinned": case "message.unpinned": {
        const pin = li.querySelector("[data-pinned]");
        if (pin) pin.hidden = f.kind !== "message.pinned";
        return;
      }
      case "message.reacted": return this.chip(li, f, mine);
    }
  }

  // pins takes the list of pinned messages from the page itself.
  async pins() {
    try {
      const r = await fetch(this.url, { headers: { Accept: "text/html" }, cache: "no-store" });
      const fresh = r.ok && new DOMParser().parseFromString(await r.text(), "text/html").querySelector(`[data-room="${CSS.escape(this.room)}"] [data-pins]`);
      if (fresh) this.el.querySelector("[data-pins]")?.replaceChildren(...[...fresh.children].map((n) => document.adoptNode(n)));
    } catch { /* the next page has it */ }
  }

  chip(li, f, mine) {
    const box = li.querySelector("[data-reactions]");
    if (!box) return;
    let chip = [...box.querySelectorAll("[data-emoji]")].find((c) => c.dataset.emoji === f.emoji);
    if (!chip) {
      if (!f.on) return;
      chip = Object.assign(document.createElement("button"), { type: "button", className: "react" });
      chip.dataset.emoji = f.emoji;
      const n = Object.assign(document.createElement("span"), { textContent: "0" });
      n.dataset.n = "";
      chip.append(f.emoji + " ", n);
      const word = (box.dataset.wordReact || "").replace("{emoji}", () => f.emoji);
      if (word) chip.setAttribute("aria-label", word);
      chip.setAttribute("aria-pressed", "false");
      box.insertBefore(chip, box.querySelector("[data-answers]"));
    }
    const n = chip.querySelector("[data-n]");
    const count = Math.max(0, (parseInt(n.textContent, 10) || 0) + (f.on ? 1 : -1));
    n.textContent = String(count);
    if (mine) {
      chip.classList.toggle("on", f.on);
      chip.setAttribute("aria-pressed", String(f.on));
      const next = chip.closest("form")?.elements.on;
      if (next) next.value = f.on ? "" : "1";
    }
    if (!count) (chip.closest("form") || chip).remove();
  }

  // reactions go over the live line where there is one, else as their forms do.
  reactions(box) {
    box.addEventListener("click", (e) => {
      const chip = e.target.closest("button[data-emoji]");
      const seq = Number(chip?.dataset.to || chip?.closest("li[data-seq]")?.dataset.seq);
      if (!chip || !seq || !this.joined) return;
      const on = chip.dataset.to ? !this.shown(seq).some((li) => [...li.querySelectorAll(".react.on")].some((c) => c.dataset.emoji === chip.dataset.emoji)) : !chip.classList.contains("on");
      if (live.send({ type: "react", room: this.room, seq, emoji: chip.dataset.emoji, on })) e.preventDefault();
    });
  }

  // seen notes how far a member has read and tells it under the last own message.
  seen(f) {
    const p = this.crowd.find((x) => x.id === f.from?.id);
    if (!p || f.seq <= p.seq) return;
    p.seq = Math.min(f.seq, this.seq);
    this.showSeen();
  }

  showSeen() {
    const box = this.el.querySelector("[data-seen]");
    const own = this.log.querySelectorAll("li.mine[data-seq]");
    if (!box || this.past) return;
    const last = own.length ? Number(own[own.length - 1].dataset.seq) : 0;
    const by = new Map();
    for (const p of this.crowd) {
      if (p.id === this.me) continue;
      const c = by.get(p.org) || { n: 0, of: 0 };
      c.of++;
      if (last && p.seq >= last) c.n++;
      by.set(p.org, c);
    }
    box.textContent = [...by].filter(([, c]) => c.n).map(([org, c]) => (box.dataset.wordSeen || "").replace("{company}", () => org).replace("{n}", c.n).replace("{of}", c.of)).join(" · ");
  }

  // day puts a separator before the first line of another day.
  day(at) {
    const t = this.el.querySelector("template[data-day]");
    const times = this.log.querySelectorAll("li[data-seq] time[datetime]");
    const before = times.length ? new Date(times[times.length - 1].dateTime).toDateString() : "";
    const now = new Date(at);
    if (!t || before === now.toDateString()) return;
    const li = t.content.firstElementChild.cloneNode(true);
    li.textContent = dayName.format(now);
    this.log.insertBefore(li, this.log.querySelector("li[data-key]"));
  }

  // ---- sending: shown at once, visibly "sending" until the number is known

  compose(form, thread) {
    if (!form) return;
    const box = form.querySelector("textarea");
    const files = form.querySelector("[data-attach]");
    files?.addEventListener("change", () => {
      const word = form.querySelector("[data-attached]");
      if (word) word.textContent = [...files.files].map((x) => x.name).join(", ");
    });
    this.names(form, box);
    this.draft(form, box);
    const past = this.past && !thread;
    form.addEventListener("submit", (e) => {
      const text = box.value.trim();
      if (!text && !files?.files.length) return e.preventDefault();
      const said = this.command(form, box, text);
      if (said === null) return e.preventDefault();
      if (!live.opened || files?.files.length || past) return; // never had a line, or files: post as a form
      e.preventDefault();
      box.value = "";
      if (!thread) this.drafted?.("");
      this.post(newKey(), { text: said, thread });
      if (thread) this.toAnswersEnd();
      else this.toEnd();
    });
    box.addEventListener("keydown", (e) => {
      if (e.defaultPrevented) return;
      if (e.key === "Enter" && !e.shiftKey && !e.isComposing && e.keyCode !== 229) {
        e.preventDefault();
        form.requestSubmit();
      }
    });
    box.addEventListener("input", () => {
      if (Date.now() - this.typedAt > 2000 && box.value.trim() && this.joined) {
        this.typedAt = Date.now();
        live.send({ type: "typing", room: this.room });
      }
    });
  }

  // commands are what a line does that begins with a slash, by name: where it leads.
  commands = {
    call: () => `${this.url}/call`,
    search: (words) => `${this.url.replace(/\/[^/]+$/, "")}?q=${encodeURIComponent(words)}`,
    about: () => `${this.url}?about=1`,
    task: () => `${this.url}/task`, // says the words, and leads to where a task is made of them
  };

  // command does what a line that begins with a slash says, and returns null; the text of any
  // other. Two slashes are one that is said.
  command(form, box, text) {
    const list = form.querySelector("[data-names]");
    if (!list?.dataset.cmdUnknown || !text.startsWith("/")) return text;
    if (text.startsWith("//")) return text.slice(1);
    const [, name, words] = /^\/(\S*)\s*(.*)$/s.exec(text);
    const go = Object.hasOwn(this.commands, name) ? this.commands[name] : null;
    if (!go || (name === "search" || name === "task") && !words) {
      box.setCustomValidity(list.dataset.cmdUnknown);
      box.reportValidity();
      box.addEventListener("input", () => box.setCustomValidity(""), { once: true });
      return null;
    }
    if (name === "task") {
      box.value = words;
      const action = form.action;
      if (form.elements.key) form.elements.key.value = newKey(); // the page may come back: what is said next is another message
      form.action = go(words);
      form.submit();
      form.action = action; // a page that comes back out of the browser's store says its lines again
      return null;
    }
    box.value = "";
    this.drafted?.("");
    window.location.assign(go(words));
    return null;
  }

  // draft keeps what is being written on the server, so that another device goes on.
  draft(form, box) {
    if (!form.dataset.draft || !box) return;
    let timer = 0, kept = box.value, saving = Promise.resolve();
    this.drafted = (text) => {
      window.clearTimeout(timer);
      if (text === kept) return;
      kept = text;
      const body = new URLSearchParams({ csrf: form.elements.csrf?.value || "", text });
      saving = saving.then(() => fetch(form.dataset.draft, { method: "POST", body, keepalive: true })).catch(() => { kept = null; }); // one after the other: the last one stands
    };
    box.addEventListener("input", () => {
      window.clearTimeout(timer);
      timer = later(() => this.drafted(box.value.slice(0, 8000)), 1200);
    });
  }

  // names offers the people of the room after an "@".
  names(form, box) {
    const list = form.querySelector("[data-names]");
    if (!list || !box) return;
    let at = -1, on = 0;
    const close = () => {
      list.hidden = true;
      list.replaceChildren();
      box.removeAttribute("aria-activedescendant");
    };
    const mark = () => [...list.children].forEach((li, i) => {
      li.setAttribute("aria-selected", String(i === on));
      if (i === on) box.setAttribute("aria-activedescendant", li.id);
    });
    const take = (li) => {
      const caret = box.selectionStart;
      box.setRangeText(`${li.dataset.name} `, at, caret, "end");
      close();
      box.focus();
      box.dispatchEvent(new Event("input", { bubbles: true }));
    };
    list.id ||= `names-${this.room}`;
    box.setAttribute("aria-controls", list.id);
    box.addEventListener("input", () => {
      const m = /(?:^|[^\p{L}\p{N}]|\p{Script=Han})@([^\s@]{0,30})$/u.exec(box.value.slice(0, box.selectionStart));
      const word = m ? m[1].toLowerCase() : null;
      const all = word === null ? [] : [...this.crowd.filter((p) => p.id !== this.me).map((p) => ({ name: p.name, note: p.org })),
        ...[...new Set(this.crowd.map((p) => p.org))].map((name) => ({ name, note: "" }))];
      const slash = /^\/([a-z]*)$/.exec(box.value.slice(0, box.selectionStart));
      const fit = slash && list.dataset.cmdUnknown ? Object.keys(this.commands).filter((c) => c.startsWith(slash[1]) && c !== slash[1]).map((c) => ({ name: `/${c}`, note: list.dataset[`cmd${c[0].toUpperCase()}${c.slice(1)}`] })) : all.filter((p) => p.name.toLowerCase().split(/\s+/).some((w) => w.startsWith(word)) || p.name.toLowerCase().startsWith(word)).slice(0, 6).map((p) => ({ ...p, name: `@${p.name}` }));
      if (!fit.length) return close();
      at = slash ? 0 : box.selectionStart - m[1].length - 1;
      on = 0;
      list.replaceChildren(...fit.map((p, i) => {
        const li = Object.assign(document.createElement("li"), { id: `${list.id}-${i}`, textContent: (p.note ? `${p.name} · ${p.note}` : p.name).replace(/^@/, "") });
        li.setAttribute("role", "option");
        li.dataset.name = p.name;
        li.addEventListener("mousedown", (e) => { e.preventDefault(); take(li); });
        return li;
      }));
      list.hidden = false;
      mark();
    });
    box.addEventListener("keydown", (e) => {
      if (list.hidden || e.isComposing) return;
      if (e.key === "ArrowDown" || e.key === "ArrowUp") on = (on + (e.key === "ArrowDown" ? 1 : list.children.length - 1)) % list.children.length;
      else if (e.key === "Enter" || e.key === "Tab") take(list.children[on]);
      else if (e.key === "Escape") close();
      else return;
      e.preventDefault();
      e.stopPropagation();
      if (!list.hidden) mark();
    });
    box.addEventListener("blur", close);
  }

  post(key, w) {
    this.waiting.set(key, w);
    if (!w.li) {
      const name = document.querySelector(".e-me .e-org .clip")?.textContent || "";
      w.li = this.line({ type: "message", text: w.text, at: new Date().toISOString(), from: { id: this.me, name, org: slug } }, true);
      w.li.removeAttribute("data-seq");
      w.li.dataset.key = key;
      (w.thread && w.thread === this.root ? this.answers : this.log).append(w.li);
      this.el.querySelector("[data-room-empty]")?.remove();
    }
    this.state(w, "sending");
    this.keep();
    window.clearTimeout(w.timer);
    if (this.joined && live.send({ type: "post", room: this.room, key, text: w.text, ...(w.thread ? { thread: w.thread } : {}) })) {
      w.timer = later(() => this.state(w, "failed", key), waitAnswer);
    }
  }

  // state says sending, or failed with a button that sends again.
  state(w, state, key) {
    w.li.classList.toggle("pending", state === "sending");
    w.li.classList.toggle("failed", state === "failed");
    const at = w.li.querySelector("[data-state]");
    const word = (state === "failed" ? this.words?.dataset.wordFailed : this.words?.dataset.wordSending) || "";
    if (!at) return;
    if (state !== "failed") return void (at.textContent = word);
    const again = document.createElement("button");
    again.type = "button";
    again.className = "btn btn-quiet btn-sm";
    again.textContent = `${word} ↻`;
    again.addEventListener("click", () => this.post(key, w));
    at.replaceChildren(again);
  }

  posted(f) {
    if (!this.waiting.has(f.key) || f.room && f.room !== this.room) return;
    if (f.seq <= this.seq) return this.done(f.key); // its line is shown already
    const w = this.waiting.get(f.key);
    window.clearTimeout(w.timer); // the line follows with its number
    const at = w.li.querySelector("[data-state]");
    if (at) at.textContent = "";
    w.li.classList.remove("pending", "failed");
  }

  // settle: a line came again that is shown already.
  settle(f) {
    if (f.from?.id === this.me && this.waiting.has(f.key)) this.done(f.key);
  }

  done(key) {
    const w = this.waiting.get(key);
    if (!w) return;
    window.clearTimeout(w.timer);
    w.li.remove();
    this.waiting.delete(key);
    this.keep();
  }

  error(f) {
    const w = f.key && this.waiting.get(f.key);
    if (w) {
      window.clearTimeout(w.timer);
      if (f.code === "rate_limited") w.timer = later(() => this.post(f.key, w), 2000);
      else if (f.code === "unavailable") w.timer = later(() => this.post(f.key, w), 5000);
      else this.state(w, "failed", f.key);
    } else if (f.room === this.room && f.code === "not_found" && !f.key) {
      this.joined = false; // not in this room any more
      this.presence([]);
    }
  }

  // What is not sent yet survives a reload of the page.
  keep() {
    const left = [...this.waiting].map(([key, w]) => ({ key, text: w.text, thread: w.thread }));
    try {
      if (left.length) sessionStorage.setItem(`room ${this.me} ${this.room}`, JSON.stringify(left));
      else sessionStorage.removeItem(`room ${this.me} ${this.room}`);
    } catch { /* no storage: only the page remembers */ }
  }

  restore() {
    try {
      for (const { key, text, thread } of JSON.parse(sessionStorage.getItem(`room ${this.me} ${this.room}`) || "[]")) this.post(key, { text, thread });
    } catch { /* nothing kept */ }
  }

  // ---- who is here, who is typing

  presence(online) {
    const box = this.el.querySelector("[data-presence]");
    if (!box) return;
    const here = new Map(online.map((p) => [p.id, p]));
    for (const av of box.querySelectorAll("[data-person]")) {
      const on = av.querySelector(".on");
      if (here.has(av.dataset.person)) {
        if (!on) av.append(Object.assign(document.createElement("span"), { className: "on" }));
      } else if (av.hasAttribute("data-guest")) av.remove();
      else on?.remove();
      here.delete(av.dataset.person);
    }
    for (const p of here.values()) {
      const av = Object.assign(document.createElement("span"), { className: `av s ${hue(p.name)}`, title: p.name });
      av.dataset.person = p.id;
      av.setAttribute("data-guest", "");
      const letters = Object.assign(document.createElement("span"), { textContent: initials(p.name) });
      letters.setAttribute("aria-hidden", "true");
      av.append(letters, Object.assign(document.createElement("span"), { className: "visually-hidden", textContent: p.name }), Object.assign(document.createElement("span"), { className: "on" }));
      box.append(av);
    }
  }

  typing(from) {
    if (!from || from.id === this.me) return;
    window.clearTimeout(this.typists.get(from.id)?.timer);
    this.typists.set(from.id, { name: from.name, timer: later(() => this.stopTyping(from.id), 4000) });
    this.tellTyping();
  }

  stopTyping(id) {
    const t = this.typists.get(id);
    if (!t) return;
    window.clearTimeout(t.timer);
    this.typists.delete(id);
    this.tellTyping();
  }

  tellTyping() {
    if (!this.words) return;
    const names = [...this.typists.values()].map((t) => t.name);
    const one = this.words.dataset.wordOne || "";
    this.words.textContent = names.length === 0 ? "" : names.length === 1 ? one.replace("{name}", () => names[0]) : this.words.dataset.wordMany || "";
  }

  // ---- reading

  atEnd() { return !this.scroll || this.scroll.scrollHeight - this.scroll.scrollTop - this.scroll.clientHeight < 60; }
  toEnd() { if (this.scroll) this.scroll.scrollTop = this.scroll.scrollHeight; }
  attended() { return document.visibilityState === "visible" && this.el.getClientRects().length > 0 && this.atEnd(); }

  // read moves the mark a moment after the last line was in sight.
  read() {
    if (!this.attended() || this.marked >= this.seq || this.reading) return;
    this.reading = later(() => {
      this.reading = 0;
      if (!this.attended() || this.marked >= this.seq || !this.joined) return;
      if (live.send({ type: "read", room: this.room, seq: this.seq })) {
        this.marked = this.seq;
        showUnread(this.room, () => 0);
      }
    }, 400);
  }
}

// ---- start

function scan() {
  for (const p of panels) if (!p.el.isConnected) { p.cut(); panels.delete(p); }
  for (const el of document.querySelectorAll("[data-room]")) {
    if (![...panels].some((p) => p.el === el)) panels.add(new Panel(el));
  }
}

scan();
document.addEventListener("entente:send", (e) => live.send(e.detail));
live.connect();
document.addEventListener("htmx:afterSettle", scan);
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState !== "visible") return;
  live.now();
  for (const p of panels) p.read();
});
window.addEventListener("online", () => {
  if (live.ws?.readyState === WebSocket.OPEN) live.show("live");
  live.now();
});
window.addEventListener("offline", () => live.show("down"));
window.addEventListener("pagehide", () => {
  const ws = live.ws;
  live.ws = null;
  ws?.close(1000);
});
window.addEventListener("pageshow", (e) => { if (e.persisted) live.now(); });
window.setInterval(() => { if (document.visibilityState === "visible") live.beat(); }, 25000);
