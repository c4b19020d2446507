package browser

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// flow waits until the page hears and is heard by everybody in its call, and with pictures
// until it decodes frames too.
func flow(t *testing.T, p *Page, others int, pictures bool) {
	t.Helper()
	must(t, p.Eval(`window.__flow = async () => {
		let n = 0;
		for (const pc of window.ententeCall.peers()) {
			let heard = 0, said = 0, seen = 0;
			for (const s of (await pc.getStats()).values()) {
				if (s.type === "inbound-rtp" && s.kind === "audio") heard += s.packetsReceived;
				if (s.type === "outbound-rtp" && s.kind === "audio") said += s.packetsSent;
				if (s.type === "inbound-rtp" && s.kind === "video") seen += s.framesDecoded;
			}
			if (heard > 5 && said > 5 && (seen > 2 || !window.__pictures)) n++;
		}
		window.__flows = n;
		if (window.__watching) setTimeout(window.__flow, 250);
	}`, nil))
	word := "false"
	if pictures {
		word = "true"
	}
	must(t, p.Eval(`(window.__pictures = `+word+`, window.__flows = 0, window.__watching = true, window.__flow(), true)`, nil))
	must(t, p.Until(`window.__flows === `+string(rune('0'+others))), p.Eval(`window.__watching = false`, nil))
}

// TestCall: two people call each other in a room of their companies, from browser to
// browser and through the TURN server: ringing, declined, joined, seen, heard, left; a
// stranger does not find the page.
func TestCall(t *testing.T) {
	ingrid, maya := as(t, right, "ingrid@aurelia.example"), as(t, left, "maya@kestrel.example")
	orderOf(t, maya, server.URL, "kestrel", "4500187588")
	room := read[string](t, maya, `document.querySelector("#room").dataset.room`)
	open(t, ingrid, "/c/aurelia/rooms/"+room)
	must(t, ingrid.Says("[data-call-chip]", "Call"))
	open(t, ingrid, "/c/aurelia/inbox") // rung wherever one is
	must(t, ingrid.Until(alive))
	said := "[data-call-say]"

	// by the list of people beside the order: she alone is rung
	one := read[string](t, maya, `[...document.querySelectorAll("#room [data-call-person]")].find((a) => a.textContent.includes("Ingrid Dahl")).getAttribute("href")`)
	open(t, maya, one)
	must(t, maya.Until(alive), maya.Click(`[data-call-lobby] [data-call-do="join"]`), maya.Says(said, "Ringing Ingrid Dahl"))
	must(t, ingrid.Says("#ring", "Maya Osei (Kestrel Supply) is calling"), ingrid.Says("#ring", "Order 4500187588"), ingrid.Has("#ring"), ingrid.Click("[data-ring-decline]"))
	must(t, maya.Says(said, "Ingrid Dahl declines."), maya.Click(`[data-call-do="others"]`), maya.Says(said, "Nobody else is in the call"), ingrid.Until(`!document.querySelector("#ring").matches(":popover-open")`))

	// the button of the room says that the call runs; after all she joins
	open(t, ingrid, "/c/aurelia/rooms/"+room)
	must(t, ingrid.Says("[data-call-chip]", "Join · 1"))
	open(t, ingrid, "/c/aurelia/rooms/"+room+"/call")
	must(t, ingrid.Says("[data-call-who]", "In the call: Maya Osei"), ingrid.Click(`[data-call-lobby] [data-call-do="join"]`))
	must(t, maya.Says(said, "Ingrid Dahl has joined."))
	flow(t, ingrid, 1, false)
	flow(t, maya, 1, false)

	// pictures: a camera, then a screen
	must(t, maya.Click(`[data-call-bar] [data-call-do="camera"]`), ingrid.Until(`[...document.querySelectorAll(".e-tile:not(.own) video")].some((v) => !v.hidden && v.videoWidth > 0)`))
	flow(t, ingrid, 1, true)
	must(t, ingrid.Click(`[data-call-bar] [data-call-do="screen"]`), maya.Until(`document.querySelector(".e-tile.screen.big video")?.videoWidth > 0`), maya.Says(".e-tile.screen", "Screen of Ingrid Dahl"))
	must(t, ingrid.Click(`[data-call-bar] [data-call-do="screen"]`), ingrid.Click(`[data-call-bar] [data-call-do="mic"]`))
	must(t, maya.Until(`!document.querySelector(".e-tile.screen") && !document.querySelector(".e-tile:not(.own) [data-off]").hidden`))

	// another microphone while muted: it is the one that is sent, and says nothing before it may
	must(t, ingrid.Eval(`(() => {
		const s = document.querySelector("#call-devices [data-call-device=audioinput]");
		window.__sound = () => window.ententeCall.peers()[0].getSenders().find((x) => x.track?.kind === "audio").track;
		window.__was = window.__sound().getSettings().deviceId;
		s.value = [...s.options].find((o) => o.value !== "default" && o.value !== window.__was).value;
		s.dispatchEvent(new Event("change"));
	})()`, nil))
	must(t, ingrid.Until(`window.__sound().getSettings().deviceId === document.querySelector("#call-devices [data-call-device=audioinput]").value && !window.__sound().enabled`))
	must(t, ingrid.Until(`document.querySelector('[data-call-bar] [data-call-do="mic"]').getAttribute("aria-pressed") === "false"`))
	must(t, ingrid.Click(`[data-call-bar] [data-call-do="mic"]`), ingrid.Until(`window.__sound().enabled && window.__sound().getSettings().deviceId !== window.__was`))
	must(t, maya.Until(`document.querySelector(".e-tile:not(.own) [data-off]").hidden`))
	flow(t, maya, 1, false)

	// one leaves, then the other: the room tells it
	must(t, ingrid.Click(`[data-call-do="leave"]`), ingrid.Says(said, "You have left"), maya.Says(said, "Ingrid Dahl has left."), maya.Until(`document.querySelectorAll(".e-tile[data-key]").length === 1`))
	must(t, maya.Click(`[data-call-do="leave"]`))
	must(t, maya.Says("#room ol.e-log", "Maya Osei began a call"), maya.Says("#room ol.e-log", "with Maya Osei, Ingrid Dahl"))

	// once more, by the server's TURN alone, as one of the companies chose it: neither learns
	// an address of the other
	open(t, maya, "/c/kestrel/rooms/"+room+"?about=1")
	must(t, maya.Click(`form[action$="/relay"] [name=relay]`), maya.Click(`form[action$="/relay"] button`), maya.Says("body", "Saved"), maya.Has(`form[action$="/relay"] [name=relay]:checked`))
	for _, x := range []struct {
		p    *Page
		slug string
	}{{maya, "kestrel"}, {ingrid, "aurelia"}} {
		open(t, x.p, "/c/"+x.slug+"/rooms/"+room+"/call")
		must(t, x.p.Until(alive), x.p.Click(`[data-call-lobby] [data-call-do="join"]`), x.p.Has("[data-call-bar]"))
	}
	flow(t, maya, 1, false)
	flow(t, ingrid, 1, false)
	var ways []string
	must(t, maya.Await(`(async () => {
		const out = [];
		for (const pc of window.ententeCall.peers()) {
			const stats = await pc.getStats();
			for (const s of stats.values()) if (s.type === "candidate-pair" && s.nominated) out.push(stats.get(s.localCandidateId).candidateType, stats.get(s.remoteCandidateId).candidateType);
		}
		return out;
	})()`, &ways))
	if len(ways) < 2 || slices.ContainsFunc(ways, func(w string) bool { return w != "relay" }) {
		t.Errorf("the way is %v", ways)
	}
	for _, p := range []*Page{maya, ingrid} {
		must(t, p.Has("[data-call-relayed]"))
		for _, said := range read[[]string](t, p, `window.ententeCall.peers().map((pc) => pc.remoteDescription.sdp)`) {
			for _, secret := range []string{" typ host", " typ srflx", " typ prflx"} {
				if strings.Contains(said, secret) {
					t.Errorf("%q is told: %s", secret, said)
				}
			}
		}
	}

	kaarel := as(t, right, "kaarel@baltic.example")
	kaarel.Quiet(true)
	if status, err := kaarel.Go(server.URL + "/c/baltic/rooms/" + room + "/call"); err != nil || status != 404 {
		t.Errorf("a stranger gets %d: %v", status, err)
	}
}

// heard waits until the page's one connection brings sound from so many others, and pictures
// from so many, and takes ours: more of each with every look.
func heard(t *testing.T, p *Page, others, pictures int) {
	t.Helper()
	must(t, p.Eval(`(() => {
		clearInterval(window.__look);
		let was = {};
		window.__heard = "";
		window.__look = setInterval(async () => {
			const pcs = window.ententeCall.peers(), now = {};
			let sounds = 0, frames = 0, said = 0;
			for (const s of (await pcs[0].getStats()).values()) {
				const n = s.type === "inbound-rtp" ? (s.kind === "audio" ? s.packetsReceived : s.framesDecoded) : s.type === "outbound-rtp" && s.kind === "audio" ? s.packetsSent : 0;
				now[s.id] = n;
				if (!n || n <= (was[s.id] ?? n)) continue;
				if (s.type === "outbound-rtp") said++;
				else if (s.kind === "audio") sounds++;
				else frames++;
			}
			was = now;
			window.__heard = [pcs.length, window.ententeCall.forwarded(), said, sounds, frames].join(" ");
		}, 400);
	})()`, nil))
	must(t, p.Until(fmt.Sprintf(`window.__heard === "1 true 1 %d %d"`, others, pictures)), p.Eval(`clearInterval(window.__look)`, nil))
}

// TestCallForwarded: three people in a call, whom the server forwards to each other from the
// third on; a camera, a screen, who speaks and another microphone; one leaves, one is signed
// out; a stranger has no way in.
func TestCallForwarded(t *testing.T) {
	ingrid, maya := as(t, right, "ingrid@aurelia.example"), as(t, left, "maya@kestrel.example")
	third, err := Launch()
	must(t, err)
	t.Cleanup(third.Close)
	wen := as(t, third, "wen@aurelia.example")
	orderOf(t, maya, server.URL, "kestrel", "4500187588")
	room := read[string](t, maya, `document.querySelector("#room").dataset.room`)
	join := func(p *Page, slug string) {
		t.Helper()
		open(t, p, "/c/"+slug+"/rooms/"+room+"/call")
		must(t, p.Until(alive), p.Click(`[data-call-lobby] [data-call-do="join"]`), p.Has("[data-call-bar]"))
	}
	join(maya, "kestrel")
	join(ingrid, "aurelia")
	flow(t, maya, 1, false)
	flow(t, ingrid, 1, false)
	must(t, maya.Until(`!window.ententeCall.forwarded()`))
	join(wen, "aurelia")
	all := []*Page{maya, ingrid, wen}
	for _, p := range all {
		heard(t, p, 2, 0)
		must(t, p.Has("[data-call-forwarded]"), p.Until(`document.querySelectorAll(".e-tile[data-key]").length === 3 && [...document.querySelectorAll("[data-wait]")].every((w) => w.hidden)`))
		// nobody learns another address than the server's one
		for _, way := range read[[]string](t, p, `window.ententeCall.peers()[0].remoteDescription.sdp.split("\r\n").filter((l) => l.startsWith("a=candidate"))`) {
			if !strings.Contains(way, " udp ") || !strings.Contains(way, " 127.0.0.1 ") || !strings.Contains(way, " typ host") {
				t.Errorf("it is told %s", way)
			}
		}
	}
	must(t, maya.Until(`document.querySelector(".e-tile.loud:not(.own)")`)) // who speaks

	// a camera and a screen reach both others
	must(t, wen.Click(`[data-call-bar] [data-call-do="camera"]`), ingrid.Click(`[data-call-bar] [data-call-do="screen"]`))
	for _, p := range []*Page{maya, wen} {
		must(t, p.Until(`document.querySelector(".e-tile.screen.big video")?.videoWidth > 0`))
	}
	must(t, maya.Until(`[...document.querySelectorAll(".e-tile:not(.own):not(.screen) video")].some((v) => !v.hidden && v.videoWidth > 0)`))
	heard(t, maya, 2, 2)

	// another microphone is heard without anything negotiated anew
	must(t, wen.Eval(`(() => {
		const s = document.querySelector("#call-devices [data-call-device=audioinput]");
		s.value = s.options[s.options.length - 1].value;
		s.dispatchEvent(new Event("change", { bubbles: true }));
	})()`, nil))
	heard(t, wen, 2, 1)
	heard(t, ingrid, 2, 1)

	// one leaves: the others go on through the server, and the screen is gone
	must(t, ingrid.Click(`[data-call-do="leave"]`), maya.Says("[data-call-say]", "Ingrid Dahl has left."), maya.Until(`document.querySelectorAll(".e-tile[data-key]").length === 2 && !document.querySelector(".e-tile.screen")`))
	heard(t, maya, 1, 1)
	heard(t, wen, 1, 0)
	// and comes back, straight to the server, by the TURN server alone
	open(t, ingrid, "/c/aurelia/rooms/"+room+"/call?relay=1")
	must(t, ingrid.Until(alive), ingrid.Click(`[data-call-lobby] [data-call-do="join"]`), ingrid.Has("[data-call-bar]"))
	heard(t, ingrid, 2, 1)
	heard(t, maya, 2, 1)
	var way string
	must(t, ingrid.Await(`(async () => {
		const stats = await window.ententeCall.peers()[0].getStats();
		for (const s of stats.values()) if (s.type === "candidate-pair" && s.nominated) return stats.get(s.localCandidateId).candidateType;
	})()`, &way))
	if way != "relay" {
		t.Errorf("the way is by %q", way)
	}

	// one is signed out on another page: no sound comes any more
	wen.Quiet(true)
	must(t, wen.Eval(`(fetch("/signout", { method: "POST", body: new URLSearchParams(), headers: { "X-CSRF-Token": document.body.dataset.csrf }, redirect: "manual" }), true)`, nil))
	must(t, maya.Until(`document.querySelectorAll(".e-tile[data-key]").length === 2`))
	heard(t, maya, 1, 0)
	must(t, maya.Click(`[data-call-do="leave"]`), ingrid.Click(`[data-call-do="leave"]`))
	must(t, ingrid.Says("#room ol.e-log", "Maya Osei began a call"))

	kaarel := as(t, right, "kaarel@baltic.example")
	kaarel.Quiet(true)
	if status, err := kaarel.Go(server.URL + "/c/baltic/rooms/" + room + "/call"); err != nil || status != 404 {
		t.Errorf("a stranger gets %d: %v", status, err)
	}
}
