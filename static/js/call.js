// Calls of rooms: ringing on every page, the button of a room, and the page of a call.
// Sound and pictures go from browser to browser (or through the TURN server that
// call.joined names); this file says over the live line of chat.js what they need to find
// each other. Frames: design notes, Calls.
//
// Between two parties there is one connection with three channels in a fixed order:
// microphone, camera, screen. Switching one on or off replaces its track, so nothing is
// negotiated anew. Of two parties the later in the state's list makes the offer.
//
// A call that grew large is one "sfu": then each page has one connection, to the server,
// which offers (and again whenever who sends what changes); the page answers. The first
// three channels are its own, as above; the offer says whose the others are.
//
// Markup: #ring, [data-call-chip=ROOM], section[data-call=ROOM].

const prefix = document.body.dataset.prefix || "";
const slug = decodeURIComponent((prefix.match(/^\/c\/([^/]+)/) || [])[1] || "");
const send = (frame) => document.dispatchEvent(new CustomEvent("entente:send", { detail: frame }));
const states = new Map(); // room → its latest call.state

// newer says that a state is not older than what is known of its room.
function newer(f) {
  const known = states.get(f.room);
  return !known || known.call === f.call ? !known || f.rev >= known.rev : f.begun >= known.begun;
}

// ---- the button of a room

function chips(f) {
  const n = f.ended ? 0 : f.parties.length;
  for (const a of document.querySelectorAll(`[data-call-chip="${CSS.escape(f.room)}"]`)) {
    a.classList.toggle("btn-primary", n > 0);
    a.classList.toggle("btn-line", n === 0);
    const word = a.querySelector("[data-call-word]");
    word.textContent = n ? a.dataset.wordJoin.replace("{n}", n) : a.dataset.wordCall;
    a.title = word.textContent;
  }
}

// ---- ringing

const ring = {
  el: document.getElementById("ring"), call: null, room: "", timer: 0, tone: 0, heard: null,

  show(f) {
    if (!this.el?.showPopover || page?.room === f.room && page.peer) return;
    this.call = f.call;
    this.room = f.room;
    this.el.querySelector("[data-ring-who]").textContent = this.el.dataset.wordWho.replace("{name}", () => f.from.name).replace("{company}", () => f.from.company || f.from.org);
    this.el.querySelector("[data-ring-where]").textContent = f.about === "order" ? this.el.dataset.wordOrder.replace("{number}", () => f.title) : f.title || "";
    const answer = this.el.querySelector("[data-ring-answer]");
    answer.href = `${prefix}/rooms/${encodeURIComponent(f.room)}/call`;
    answer.target = `call-${f.room}`;
    if (!this.el.matches(":popover-open")) this.el.showPopover();
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.hide(), (f.ring || 45) * 1000);
    this.sound();
  },

  hide() {
    window.clearTimeout(this.timer);
    this.quiet();
    this.call = null;
    if (this.el?.matches(":popover-open")) this.el.hidePopover();
  },

  // quiet ends the sound and gives its device back.
  quiet() {
    window.clearInterval(this.tone);
    this.heard?.close();
    this.heard = null;
  },

  // sound is two soft tones every three seconds, where the browser lets a page be heard.
  sound() {
    this.quiet();
    if (!navigator.userActivation?.hasBeenActive) return;
    const ctx = this.heard = new AudioContext();
    const once = () => {
      for (const [at, hz] of [[0, 660], [0.25, 880]]) {
        const o = ctx.createOscillator(), g = ctx.createGain();
        o.frequency.value = hz;
        g.gain.setValueAtTime(0.05, ctx.currentTime + at);
        g.gain.exponentialRampToValueAtTime(0.0001, ctx.currentTime + at + 0.22);
        o.connect(g).connect(ctx.destination);
        o.start(ctx.currentTime + at);
        o.stop(ctx.currentTime + at + 0.23);
      }
    };
    once();
    this.tone = window.setInterval(once, 3000);
  },
};

ring.el?.querySelector("[data-ring-decline]").addEventListener("click", () => {
  send({ type: "call.decline", room: ring.room, call: ring.call });
  ring.hide();
});
ring.el?.querySelector("[data-ring-answer]").addEventListener("click", () => ring.hide());

// ---- the page of a call

const icons = ["mic", "camera", "screen"];
const kinds = ["audio", "video", "video"];
const remembered = (k) => { try { return localStorage.getItem(`call.${k}`) || ""; } catch { return ""; } };
// chosen opens the device that was chosen, or any where that one is not there. As a mere wish
// a browser may pass over it.
const chosen = async (kind, how) => {
  const id = remembered(`${kind}input`), get = (which) => navigator.mediaDevices.getUserMedia({ [kind]: { ...how, ...which } });
  try { if (id) return await get({ deviceId: { exact: id } }); } catch (e) { if (!["OverconstrainedError", "NotFoundError"].includes(e.name)) throw e; }
  return get({});
};
const remember = (k, v) => { try { localStorage.setItem(`call.${k}`, v); } catch { /* only now */ } };

// Meter tells how loud a receiver was between two looks, from 0 to 1: the energy of all that
// was played, so that nobody is missed who speaks between them.
class Meter {
  async level(receiver) {
    const stats = await receiver?.getStats().catch(() => null);
    const now = stats && [...stats.values()].find((s) => s.type === "inbound-rtp" && s.kind === "audio");
    const was = this.was;
    this.was = now;
    if (!now || was?.id !== now.id || !(now.totalSamplesDuration > was.totalSamplesDuration)) return 0;
    return Math.sqrt(Math.max(0, now.totalAudioEnergy - was.totalAudioEnergy) / (now.totalSamplesDuration - was.totalSamplesDuration));
  }
}

// Peer is the connection to another party.
class Peer {
  constructor(page, id, offers) { // over the TURN server alone where the room's call is one of those
    this.page = page;
    this.id = id;
    this.offers = offers;
    this.meter = new Meter();
    this.early = []; // candidates that came before the description
    this.late = Promise.resolve(); // what comes is handled one after the other
    this.streams = kinds.map(() => new MediaStream());
    this.pc = new RTCPeerConnection({ iceServers: page.ice, iceTransportPolicy: page.relay || page.state()?.relay ? "relay" : "all", bundlePolicy: "max-bundle" });
    this.pc.onicecandidate = (e) => send({ type: "call.ice", room: page.room, to: id, candidate: e.candidate?.toJSON() || null });
    this.pc.ontrack = (e) => {
      const i = this.pc.getTransceivers().indexOf(e.transceiver);
      if (i < 0 || i >= kinds.length) return;
      this.streams[i].addTrack(e.track);
      page.draw();
    };
    this.pc.onconnectionstatechange = () => {
      if (this.pc.connectionState === "failed" && this.offers) this.offer(true);
      page.draw();
    };
    if (offers) this.offer(false);
  }

  get connected() { return this.pc.connectionState === "connected"; }

  async offer(again) {
    try {
      if (again) this.pc.restartIce();
      else kinds.forEach((kind, i) => this.pc.addTransceiver(this.page.tracks[i] || kind, { direction: "sendrecv" }));
      await this.pc.setLocalDescription(await this.pc.createOffer());
      send({ type: "call.offer", room: this.page.room, to: this.id, sdp: this.pc.localDescription.sdp });
    } catch { /* closed meanwhile */ }
  }

  hear(f) {
    this.late = this.late.then(() => this.heard(f)).catch(() => { /* closed, or nonsense: the state decides */ });
  }

  async heard(f) {
    if (f.type === "call.ice") {
      if (!this.pc.remoteDescription) this.early.push(f.candidate);
      else await this.pc.addIceCandidate(f.candidate || undefined);
      return;
    }
    await this.pc.setRemoteDescription({ type: f.type.slice(5), sdp: f.sdp });
    if (f.type === "call.offer") {
      this.pc.getTransceivers().slice(0, kinds.length).forEach((t, i) => {
        t.direction = "sendrecv";
        t.sender.replaceTrack(this.page.tracks[i]);
      });
      await this.pc.setLocalDescription(await this.pc.createAnswer());
      send({ type: "call.answer", room: this.page.room, to: this.id, sdp: this.pc.localDescription.sdp });
    }
    for (const c of this.early.splice(0)) await this.pc.addIceCandidate(c || undefined);
    this.page.pace();
  }

  replace(i, track) { this.pc.getTransceivers()[i]?.sender.replaceTrack(track).catch(() => { /* closed */ }); }

  // pace bounds what a picture costs: each one goes up once for every other party.
  pace(camera, screen) {
    [0, camera, screen].forEach((rate, i) => {
      const s = this.pc.getTransceivers()[i]?.sender;
      const p = s?.getParameters();
      if (!rate || !p?.encodings?.length || p.encodings[0].maxBitrate === rate) return;
      p.encodings[0].maxBitrate = rate;
      s.setParameters(p).catch(() => { /* not negotiated yet: it comes with the answer */ });
    });
  }

  // level is how loud the other party was since it was last asked.
  level() { return this.meter.level(this.pc.getTransceivers()[0]?.receiver); }

  close() { this.pc.close(); }
}

// Seat is another party of a call that the server forwards: a Peer without a connection of
// its own.
class Seat {
  constructor(server) {
    this.server = server;
    this.meter = new Meter();
    this.streams = kinds.map(() => new MediaStream());
    this.receivers = [];
  }

  get connected() { return this.server.connected; }
  level() { return this.meter.level(this.receivers[0]); }

  // take has its channels come from these receivers.
  take(receivers) {
    this.receivers = receivers;
    kinds.forEach((_, i) => {
      const stream = this.streams[i], track = receivers[i]?.track || null, has = stream.getTracks()[0] || null;
      if (has === track) return;
      if (has) stream.removeTrack(has);
      if (track) stream.addTrack(track);
    });
  }

  hear() { /* by the server alone */ }
  replace() { /* goes up once */ }
  pace() { /* the server's */ }
  close() { this.take([]); }
}

const askEvery = 5000, patience = 3000; // milliseconds

// Server is the connection to the server that forwards.
class Server {
  constructor(page) {
    this.page = page;
    this.n = 0; // number of the connection
    this.pc = null;
    this.late = Promise.resolve();
    this.ask();
  }

  get connected() { return this.pc?.connectionState === "connected"; }

  ask() {
    this.asked = Date.now();
    send({ type: "call.ask", room: this.page.room, key: "call:ask" });
  }

  // tick asks again where the connection does not come about, or broke.
  tick() {
    const now = Date.now();
    if (this.connected) this.well = now;
    else if (now - this.asked > askEvery && now - (this.well || 0) > patience) this.ask();
  }

  hear(f) {
    this.late = this.late.then(() => this.heard(f)).catch(() => { /* closed, or nonsense: it is asked for again */ });
  }

  async heard(f) {
    const page = this.page;
    if (page.server !== this || f.type !== "call.offer" || f.n < this.n) return;
    if (f.n > this.n) {
      this.pc?.close();
      this.n = f.n;
      this.pc = new RTCPeerConnection({ iceServers: page.ice, iceTransportPolicy: page.relay || page.state()?.relay ? "relay" : "all", bundlePolicy: "max-bundle" });
      this.pc.onconnectionstatechange = () => page.draw();
    }
    const pc = this.pc;
    await pc.setRemoteDescription({ type: "offer", sdp: f.sdp });
    pc.getTransceivers().forEach((t, i) => {
      if (i >= kinds.length) return;
      t.direction = "sendonly";
      if (t.sender.track !== page.tracks[i]) t.sender.replaceTrack(page.tracks[i]);
    });
    await pc.setLocalDescription(await pc.createAnswer());
    if (!pc.localDescription || page.server !== this) return;
    send({ type: "call.answer", room: page.room, to: "sfu", n: f.n, sdp: pc.localDescription.sdp });
    this.whose = f.tracks || {};
    this.deal();
    page.pace();
  }

  // deal gives the others what comes from them.
  deal() {
    const by = new Map();
    for (const t of this.pc?.getTransceivers() || []) {
      const [peer, kind] = this.whose?.[t.mid] || [];
      if (!peer) continue;
      if (!by.has(peer)) by.set(peer, []);
      by.get(peer)[icons.indexOf(kind)] = t.receiver;
    }
    for (const [id, seat] of this.page.peers) seat.take(by.get(id) || []);
    this.page.draw();
  }

  replace(i, track) { this.pc?.getTransceivers()[i]?.sender.replaceTrack(track).catch(() => { /* closed */ }); }
  pace(camera, screen) { if (this.pc) Peer.prototype.pace.call(this, camera, screen); }
  close() { this.pc?.close(); }
}

class Page {
  constructor(el) {
    this.el = el;
    this.room = el.dataset.call;
    this.me = el.dataset.me;
    this.relay = new URL(location.href).searchParams.has("relay"); // to try the TURN server out
    this.on = { mic: true, camera: false, screen: false };
    this.tracks = [null, null, null]; // as kinds
    this.peers = new Map();
    this.server = null; // the connection to it while it forwards the call
    this.peer = ""; // our own id while in a call
    this.call = "";
    this.ice = [];
    this.who = el.dataset.who; // the one person who is rung at first; none: everybody
    this.large = ""; // the tile chosen to be large
    this.loud = "";
    this.one = (sel) => el.querySelector(sel);
    this.tiles = this.one("[data-call-tiles]");
    this.here = Promise.resolve();
    el.addEventListener("click", (e) => {
      const b = e.target.closest("[data-call-do], [data-call-large]");
      if (b?.dataset.callDo) this.do(b.dataset.callDo);
      else if (b) {
        const key = b.closest("li").dataset.key;
        this.large = this.large === key ? "" : key;
        this.draw();
      }
    });
    for (const s of el.querySelectorAll("[data-call-device]")) s.addEventListener("change", () => this.choose(s.dataset.callDevice, s.value));
    navigator.mediaDevices?.addEventListener?.("devicechange", () => this.devices());
    window.setInterval(() => this.tick(), 1000);
    this.lobby();
  }

  say(name, fill) {
    this.one("[data-call-say]").textContent = (this.el.dataset[`word${name}`] || name).replace("{name}", () => fill || "");
  }

  state() { return states.get(this.room); }
  running() { const st = this.state(); return st && !st.ended ? st : null; }

  // ---- devices

  async lobby() {
    this.one("[data-call-lobby]").hidden = false;
    if (!navigator.mediaDevices) this.say("Insecure");
    else await this.open("mic");
    await this.devices();
    this.draw();
    this.one("[data-call-do=join]").focus();
  }

  // open takes a device into use, in place of another as that stood: muted it stays muted.
  // False: there is none, or it is not allowed. Of a change, what was shut meanwhile stays shut.
  async open(what, change) {
    const i = icons.indexOf(what);
    try {
      let stream;
      if (what === "screen") stream = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { max: 15 } }, audio: false });
      else if (what === "mic") stream = await chosen("audio", { echoCancellation: true, noiseSuppression: true });
      else stream = await chosen("video", { width: { ideal: 640 }, height: { ideal: 360 }, frameRate: { max: 24 } });
      const track = stream.getTracks()[0];
      if (change && !this.tracks[i]) {
        track.stop();
        return false;
      }
      if (!this.tracks[i]) this.on[what] = true;
      track.enabled = this.on[what];
      this.put(i, track);
      return true;
    } catch (e) {
      if (!this.tracks[i]) this.on[what] = false;
      if (what !== "screen") this.say(e.name === "NotFoundError" ? "Nodevice" : "Denied");
      return false;
    }
  }

  put(i, track) {
    this.tracks[i]?.stop();
    this.tracks[i] = track;
    if (track) track.onended = () => { if (this.tracks[i] === track) this.shut(icons[i]); };
    for (const p of this.lines()) p.replace(i, track);
    this.pace();
  }

  shut(what) {
    this.on[what] = false;
    this.put(icons.indexOf(what), null);
    this.tell();
    this.draw();
  }

  async devices() {
    let all = [];
    try { all = await navigator.mediaDevices.enumerateDevices(); } catch { /* none */ }
    for (const s of this.el.querySelectorAll("[data-call-device]")) {
      const kind = s.dataset.callDevice, fit = all.filter((d) => d.kind === kind && d.deviceId);
      s.replaceChildren(...fit.map((d) => new Option(d.label || d.deviceId.slice(0, 8), d.deviceId, false, d.deviceId === remembered(kind))));
      s.disabled = fit.length < 2 && kind !== "audioinput" || !fit.length;
      s.closest("label").hidden = kind === "audiooutput" && !("setSinkId" in HTMLMediaElement.prototype) || !fit.length;
    }
  }

  async choose(kind, id) {
    remember(kind, id);
    for (const s of this.el.querySelectorAll(`[data-call-device="${kind}"]`)) s.value = id;
    if (kind === "audiooutput") return this.hearing();
    const what = kind === "audioinput" ? "mic" : "camera";
    if (!this.tracks[icons.indexOf(what)]) return;
    await this.open(what, true);
    this.tell();
    this.draw();
  }

  hearing() {
    const id = remembered("audiooutput");
    for (const a of this.tiles.querySelectorAll("audio")) if (id && a.setSinkId) a.setSinkId(id).catch(() => { /* unplugged */ });
  }

  // ---- what the buttons do

  async do(what) {
    switch (what) {
      case "join": return this.join();
      case "leave":
        send({ type: "call.leave", room: this.room });
        return this.out("Out");
      case "end": return send({ type: "call.end", room: this.room, call: this.call, key: "call:end" });
      case "others": return send({ type: "call.others", room: this.room });
      case "mic":
        if (this.tracks[0]) {
          this.on.mic = !this.on.mic;
          this.tracks[0].enabled = this.on.mic;
        } else await this.open("mic");
        break;
      default: // camera, screen: off means that the light goes out
        if (this.on[what]) return this.shut(what);
        await this.open(what);
    }
    await this.devices();
    this.tell();
    this.draw();
  }

  tell() {
    if (this.peer) send({ type: "call.set", room: this.room, ...this.on, key: "call:set" });
  }

  join() {
    this.wanted = true;
    const st = this.running();
    const one = !this.rang && this.who && !st?.parties.some((p) => p.from.id === this.who) ? this.who : "";
    send({ type: st && !one ? "call.join" : "call.begin", room: this.room, call: st?.call, only: one, ...this.on, key: "call:join" });
    this.say("Waiting");
  }

  // out closes everything; the word says why.
  out(word) {
    this.wanted = this.rang = false;
    window.clearTimeout(this.waits);
    this.drop();
    this.others(false);
    [1, 2].forEach((i) => this.put(i, null));
    this.on.camera = this.on.screen = false;
    this.draw();
    this.say(word);
    this.one("[data-call-do=join]").focus();
  }

  // lines are the connections by which we are heard.
  lines() { return this.server ? [this.server] : [...this.peers.values()]; }

  // drop forgets the others, not the devices.
  drop() {
    for (const p of this.peers.values()) p.close();
    this.server?.close();
    this.server = null;
    this.peers.clear();
    this.peer = "";
    this.tiles.replaceChildren();
  }

  // ---- frames

  receive(f) {
    switch (f.type) {
      case "call.joined":
        if (!this.wanted) return send({ type: "call.leave", room: this.room }); // left before the answer came
        this.drop();
        this.peer = f.peer;
        this.call = f.call;
        this.ice = f.ice;
        if (this.who && !this.rang) this.ringing(f.ring, f.parties);
        else this.say(f.parties.length > 1 ? "" : f.ring ? "Ringing" : "Alone");
        this.rang = true;
        return this.settle(f);
      case "call.ringing":
        window.clearTimeout(this.waits);
        this.others(false);
        return this.say(f.ring ? "Ringingall" : "Alone");
      case "call.state":
        if (this.peer && f.call === this.call && !f.ended) return this.settle(f);
        if (this.peer && f.call === this.call) return this.out("Over");
        return this.draw();
      case "call.declined":
        if (this.peer) this.say("Declined", f.from.name);
        if (this.peer && f.from.id === this.who) this.others(true);
        return;
      case "call.left":
        if (this.peer && f.reason !== "left") this.out({ ended: "Over", lost: "Lost" }[f.reason] || "Removed");
        return;
      case "call.offer": case "call.answer": case "call.ice": {
        if (!this.peer) return;
        if (f.from === "sfu") return this.server?.hear(f);
        if (this.server) return; // said before the server forwarded
        if (!this.peers.has(f.from)) this.peers.set(f.from, new Peer(this, f.from, false)); // before the state that names it
        return this.peers.get(f.from).hear(f);
      }
      case "error":
        if (f.reason === "room.left") return this.out("Removed");
        if (f.key !== "call:join") return;
        this.wanted = false;
        this.most = this.state()?.most || this.most;
        states.delete(this.room); // what we knew was old
        return this.say(f.reason === "call.full" ? "Full" : f.reason === "call.no_relay" ? "Norelay" : f.reason === "call.over" ? "Over" : "Failed", String(this.most || ""));
    }
  }

  // ringing says how it is with the one person who is called.
  ringing(seconds, parties) {
    const there = (list) => list.some((p) => p.from.id === this.who);
    if (there(parties)) return this.say("");
    this.say(seconds ? "Ringing" : "Unrung");
    if (!seconds) return this.others(true);
    window.clearTimeout(this.waits);
    this.waits = window.setTimeout(() => {
      if (!this.peer || there(this.running()?.parties || [])) return;
      this.say("Noanswer");
      this.others(true);
    }, seconds * 1000);
  }

  // others shows the button that rings everybody else, or hides it.
  others(on) {
    const p = this.el.querySelector("[data-call-others]");
    if (p) p.hidden = !on || !this.peer;
  }

  // settle brings the connections in line with who takes part.
  settle(f) {
    const at = f.parties.findIndex((p) => p.peer === this.peer);
    if (at < 0) return; // older than our joining
    if (!f.sfu !== !this.server) { // it grew: from now on through the server, all at once
      for (const p of this.peers.values()) p.close();
      this.peers.clear();
      this.server?.close();
      this.server = f.sfu ? new Server(this) : null;
    }
    const before = new Map([...this.peers.keys()].map((k) => [k, this.names?.get(k)]));
    const earlier = this.names;
    this.names = new Map(f.parties.map((p) => [p.peer, p.from.name]));
    f.parties.forEach((p, i) => {
      if (i === at) return;
      const known = this.peers.has(p.peer);
      if (p.from.id === this.who) this.others(false);
      if (!before.delete(p.peer) && this.settled && !earlier?.has(p.peer)) this.say("Joined", p.from.name);
      if (!known) this.peers.set(p.peer, this.server ? new Seat(this.server) : new Peer(this, p.peer, at > i));
    });
    for (const [id, name] of before) {
      if (!name) continue; // spoke before the state that names it
      this.peers.get(id).close();
      this.peers.delete(id);
      if (name) this.say("Left", name);
    }
    this.settled = true;
    this.pace();
    if (this.server) this.server.deal();
    else this.draw();
  }

  pace() {
    const n = Math.max(1, this.peers.size);
    if (this.server) this.server.pace(Math.round(Math.min(800000, Math.max(150000, 3000000 / n))), 1500000); // once up, and down once for each other
    else for (const p of this.peers.values()) p.pace(Math.round(1200000 / n), Math.round(2000000 / n));
  }

  // again joins once more after the line broke: the server took us out with it.
  again() {
    if (this.broken && this.wanted && this.peer) {
      this.broken = false;
      this.drop();
      this.settled = false;
      this.join();
    }
  }

  // ---- what is seen

  draw() {
    const inside = !!this.peer, st = this.running();
    this.one("[data-call-lobby]").hidden = inside;
    this.one("[data-call-bar]").hidden = !inside;
    this.tiles.hidden = !inside;
    for (const b of this.el.querySelectorAll("[data-call-do]")) if (b.dataset.callDo in this.on) b.setAttribute("aria-pressed", String(this.on[b.dataset.callDo]));
    this.one("[data-call-do=screen]").hidden = !navigator.mediaDevices?.getDisplayMedia;
    this.one("[data-call-do=end]").hidden = st?.by.id !== this.me || !inside;
    this.one("[data-call-forwarded]").hidden = !st?.sfu;
    this.one("[data-call-relayed]").hidden = !st?.relay || st.sfu;
    const join = this.one("[data-call-do=join]");
    join.querySelector("[data-call-word]").textContent = st ? join.dataset.wordJoin : join.dataset.wordBegin;
    const who = this.one("[data-call-who]");
    who.hidden = !st;
    who.textContent = st ? who.dataset.wordOn.replace("{names}", () => st.parties.map((p) => p.from.name).join(", ")) : "";
    const preview = this.one("[data-call-preview]");
    this.one("[data-call-dark]").hidden = this.on.camera;
    preview.hidden = !this.on.camera;
    this.show(preview, inside ? null : this.tracks[1]);
    if (inside && st) this.drawTiles(st);
  }

  show(el, track) {
    const has = el.srcObject?.getTracks()[0] || null;
    if (has === track) return;
    el.srcObject = track ? new MediaStream([track]) : null;
    if (track) el.play?.().catch(() => { /* plays once it is seen */ });
  }

  drawTiles(st) {
    const want = [];
    for (const p of st.parties) {
      const own = p.peer === this.peer, peer = this.peers.get(p.peer), flags = own ? this.on : p;
      const track = (i) => (own ? this.tracks[i] : peer?.streams[i].getTracks()[0] || null);
      const wait = !own && !peer?.connected;
      want.push({ key: p.peer, own, name: p.from.name, wait, off: !flags.mic, video: flags.camera ? track(1) : null, audio: own ? null : track(0) });
      if (flags.screen) want.push({ key: `${p.peer} screen`, own, name: this.el.dataset.wordScreen.replace("{name}", () => p.from.name), wait, screen: true, video: track(2) });
    }
    const shared = want.find((w) => w.screen && !w.own);
    const chosen = want.some((w) => w.key === this.large) ? this.large : shared ? shared.key : want.length > 2 ? this.loud : "";
    const keep = new Set(want.map((w) => w.key));
    for (const li of [...this.tiles.children]) if (!keep.has(li.dataset.key)) li.remove();
    for (const w of want) {
      let li = [...this.tiles.children].find((x) => x.dataset.key === w.key);
      if (!li) {
        li = this.one("template[data-call-tile]").content.firstElementChild.cloneNode(true);
        li.dataset.key = w.key;
        li.querySelector("video").muted = true; // sound comes by the audio element
        this.tiles.append(li);
        this.hearing();
      }
      li.classList.toggle("own", w.own && !w.screen);
      li.classList.toggle("screen", !!w.screen);
      li.classList.toggle("big", w.key === chosen);
      li.classList.toggle("loud", w.key === this.loud);
      li.querySelector("[data-name]").textContent = w.name;
      li.querySelector("[data-avatar]").textContent = [...w.name.trim()][0] || "?";
      li.querySelector("[data-avatar]").hidden = !!w.video;
      li.querySelector("[data-off]").hidden = !w.off;
      li.querySelector("[data-wait]").hidden = !w.wait;
      li.querySelector("[data-call-large]").setAttribute("aria-pressed", String(w.key === this.large));
      const video = li.querySelector("video");
      video.hidden = !w.video;
      this.show(video, w.video);
      this.show(li.querySelector("audio"), w.audio || null);
    }
    this.tiles.dataset.n = want.length;
    this.tiles.classList.toggle("many", want.length > 6);
    this.tiles.classList.toggle("speaker", !!chosen);
  }

  // tick moves the clock and looks who speaks.
  async tick() {
    const st = this.running(), clock = this.one("[data-call-clock]");
    const s = st ? Math.max(0, Math.round((Date.now() - new Date(st.begun)) / 1000)) : 0;
    clock.textContent = st ? `${s >= 3600 ? Math.floor(s / 3600) + ":" : ""}${String(Math.floor(s / 60) % 60).padStart(s >= 3600 ? 2 : 1, "0")}:${String(s % 60).padStart(2, "0")}` : "";
    if (!this.peer) return;
    this.server?.tick();
    let loud = "", most = 0.02;
    const levels = await Promise.all([...this.peers].map(async ([id, p]) => [id, await p.level()]));
    for (const [id, l] of levels) if (l > most) [loud, most] = [id, l];
    if (loud && loud !== this.loud && this.peers.has(loud)) {
      this.loud = loud;
      this.draw();
    }
  }
}

const at = document.querySelector("section[data-call]");
const page = at ? new Page(at) : null;

document.addEventListener("entente:call", (e) => {
  const f = e.detail;
  switch (f.type) {
    case "call.ring":
      if (!states.get(f.room)?.ended || states.get(f.room).call !== f.call) ring.show(f);
      return;
    case "call.hush":
      if (ring.call === f.call) ring.hide();
      return;
    case "call.state": case "call.joined":
      if (!newer(f)) return;
      states.set(f.room, f);
      chips(f);
      if (f.ended && ring.call === f.call) ring.hide();
  }
  if (page && page.room === f.room) page.receive(f);
});
document.addEventListener("entente:joined", (e) => {
  if (page && page.room === e.detail.room) page.again();
});
document.addEventListener("entente:live", (e) => {
  if (page && e.detail.state !== "live") page.broken = !!page.peer;
});
document.addEventListener("htmx:afterSettle", () => states.forEach(chips));
// For tests and for support: what flows between the parties.
if (page) window.ententeCall = { peers: () => page.lines().map((p) => p.pc).filter(Boolean), forwarded: () => !!page.server, slug };
